"""The rule workbooks that come with kamrules, one for each subject."""
