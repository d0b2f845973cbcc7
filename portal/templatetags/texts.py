"""`{{ names|listed }}`: names one after the other, as the language that is read does it."""

from django import template

from portal.web.texts import listed

register = template.Library()
register.filter(listed)
