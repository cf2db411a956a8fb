"""The plugins that come with kamrules, one module for each subject."""
