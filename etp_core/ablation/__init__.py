"""The paper's tables and figures on any dataset: which runs they take, running them, the report."""
