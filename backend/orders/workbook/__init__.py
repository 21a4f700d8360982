"""The Excel side of install orders: bytes in, plain values out."""
