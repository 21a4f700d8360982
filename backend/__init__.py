"""What the customer service department knows and does. No HTTP and no HTML in a capability."""
