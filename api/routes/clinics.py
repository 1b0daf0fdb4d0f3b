"""Clinics as tenants, and whole clinics as files."""
from fastapi import APIRouter
router = APIRouter()
IMPORT_PATH = "/v1/clinics/import"
