"""Brings the people of one Active Directory group into the Partner Portal, over SCIM 2.0."""
