"""The report templates that come with kamrules."""
