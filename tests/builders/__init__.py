"""What tests are built from: invented studies, tables, files, projects and clusters."""
