"""Measurements of paidan; each is a program that prints JSON and ends with 1 where its goal is missed."""
