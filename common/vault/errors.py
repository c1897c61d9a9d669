"""Why sealed content cannot be opened. No message ever holds content or key."""

from __future__ import annotations


class VaultError(Exception):
    """Sealed content of ``subject`` cannot be opened, or nothing can be sealed; says in Chinese why and what to do."""

    def __init__(self, subject: str, words: str) -> None:
        super().__init__(words)
        self.subject = subject


class KeyMissingError(VaultError):
    """The key that would open it is not here."""


class KeyDestroyedError(VaultError):
    """The key was destroyed on purpose (A15): nobody can open it any more."""

    def __init__(self, subject: str) -> None:
        super().__init__(subject, "内容已依法销毁，不能恢复")


class TamperedError(VaultError):
    """It is not what was sealed, or not where it was sealed."""

    def __init__(self, subject: str) -> None:
        super().__init__(subject, "加密内容与封存时不一致：可能被改动或移位。请保留现场并报安全管理员，从备份核对")
