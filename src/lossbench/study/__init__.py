"""What a study asks for: the file, its models, the plan of jobs, and where every file is."""
