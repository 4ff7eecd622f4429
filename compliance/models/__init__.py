"""The tables of compliance, a module for each subject. Fields and constraints only."""
