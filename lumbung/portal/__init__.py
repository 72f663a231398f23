"""Publication mechanisms: disclosure control, the search for personal data, and the portal's client."""
