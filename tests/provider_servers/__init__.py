"""Local servers that speak the protocols of the other providers, as their plugins use them."""
