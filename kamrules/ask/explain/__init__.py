"""Why a subject has its result."""
