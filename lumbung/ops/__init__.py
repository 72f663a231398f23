"""What operators ask and do: runs, status, quarantine, replay, reconcile, trace."""
