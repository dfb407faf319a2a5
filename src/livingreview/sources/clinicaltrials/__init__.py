"""ClinicalTrials.gov: its API, its studies, its history and its downloads."""
