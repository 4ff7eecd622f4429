"""How dates and times are shown, language by language (FORMAT_MODULE_PATH)."""
