"""Files that people bring: recognised by their content, one module a format."""
