"""`make .env` makes keys for this machine and never overwrites them."""

import stat

from cryptography.fernet import Fernet

from config.make_env import main


def test_the_file_holds_usable_keys_and_is_private(tmp_path):
    main(tmp_path / ".env")

    text = (tmp_path / ".env").read_text()
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    Fernet(values["FIELD_KEYS"])
    assert len(values["SECRET_KEY"]) >= 50
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_a_file_that_is_there_is_left_alone(tmp_path):
    (tmp_path / ".env").write_text("SECRET_KEY=mine\n")

    main(tmp_path / ".env")

    assert (tmp_path / ".env").read_text() == "SECRET_KEY=mine\n"
