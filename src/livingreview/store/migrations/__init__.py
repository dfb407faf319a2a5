"""Migrations, run by the program itself."""
