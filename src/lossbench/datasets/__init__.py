"""The data sets: found or downloaded, verified, parsed, and brought into one prepared form.

`preparation` prepares one; `prepared` is the form that everything else reads. This
package imports nothing here, so that reading the prepared form does not depend on how it was made.
"""
