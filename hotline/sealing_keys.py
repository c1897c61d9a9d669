"""The installation's vault, as the settings say: keys from the environment, else from the secrets folder."""

from __future__ import annotations

from common import clock
from common.vault import Algorithm, DestroyedKeys, EnvironmentKeys, FileKeys, IndexKey, KeyHolder, Vault, VaultError
from hotline.secrets_file import SecretError, secret
from hotline.settings import Settings, SettingsError

KEYS, INDEX, DESTROYED = "vault.key", "index.key", "destroyed-keys"


def vault_of(settings: Settings) -> Vault:
    """The vault of this installation; its keys are made at the first start.

    Raises:
        SettingsError: the keys cannot be used; says why and what to do.
    """
    folder = settings.secrets_dir
    try:
        holder, index = holder_of(settings), IndexKey(secret(folder / INDEX).encode())
    except (VaultError, SecretError) as error:
        raise SettingsError(str(error)) from error
    return Vault(
        holder,
        index,
        DestroyedKeys(folder / DESTROYED),
        algorithm=Algorithm(settings.seal_algorithm),
        most=settings.unsealed_keys_most,
    )


def holder_of(settings: Settings) -> KeyHolder:
    """Who wraps data keys here.

    Raises:
        VaultError: the keys cannot be used.
    """
    if text := settings.vault_keys.get_secret_value():
        return EnvironmentKeys(text)
    keys = FileKeys(settings.secrets_dir / KEYS)
    keys.ensure(clock.now())
    return keys
