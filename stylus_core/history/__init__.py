"""What the user's own pictures and corrections say of the adapters: kept, weighed, and shown. Nothing of it leaves."""
