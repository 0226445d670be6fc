"""``python -m crm_mappings.emulator``: the org as a server."""

from crm_mappings.emulator.serving import main

if __name__ == "__main__":
    raise SystemExit(main())
