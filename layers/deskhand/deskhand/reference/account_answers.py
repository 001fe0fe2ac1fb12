"""Answers of the account routes, field by field."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from deskhand.accounts.api.preferences import View
from deskhand.api.access import Scope
from deskhand.reference.prepared import ExactObject
from deskhand.settings.environment import Role

type PersonsRole = Literal["admin", "agent", "customer"]
Seconds = Annotated[int, Field(ge=1)]


class AccountShown(ExactObject):
    """A person who may log in."""

    id: UUID
    email: str
    role: PersonsRole
    disabled: bool
    created_at: datetime


class Accounts(ExactObject):
    """A page of accounts."""

    accounts: list[AccountShown]
    next_cursor: UUID | None = Field(description="Where the next page begins; null: nowhere")


class Me(ExactObject):
    """Who is asking."""

    id: str = Field(description="As events and tickets name it")
    role: Role
    scopes: list[Scope] | None = Field(description="Null: everything that the role may")
    email: str | None
    created_at: datetime | None


class StoredPreferences(ExactObject):
    """How a person likes the console, and the lists that they named."""

    theme: Literal["system", "light", "dark"]
    single_keys: bool
    views: list[View]


class Tokens(ExactObject):
    """An access token, and the refresh token that gives the next ones."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Seconds
    refresh_token: str | None = Field(description="Null: the cookie holds it")
    refresh_expires_in: Seconds


class StaffMember(ExactObject):
    """A person whom a ticket can be assigned to."""

    id: str = Field(description="As events and tickets name them")
    email: str
    role: Literal["admin", "agent"]


class Staff(ExactObject):
    """Everyone who works on tickets."""

    people: list[StaffMember]


class OpenInvite(ExactObject):
    """An invitation that has not been accepted yet."""

    id: UUID
    email: str
    role: PersonsRole
    created_at: datetime
    expires_at: datetime


class Invites(ExactObject):
    """All open invitations."""

    invites: list[OpenInvite]


class NewInvite(ExactObject):
    """An invitation with its token, which is shown this once."""

    id: UUID
    email: str
    role: PersonsRole
    invite: str
    expires_at: datetime


class ServiceToken(ExactObject):
    """A machine's token, without the secret."""

    id: UUID
    name: str
    scopes: list[Scope]
    created_by: str
    created_at: datetime
    expires_at: datetime | None = Field(description="Null: never")
    revoked_at: datetime | None


class ServiceTokens(ExactObject):
    """All service tokens, the revoked ones too."""

    tokens: list[ServiceToken]


class CreatedServiceToken(ServiceToken):
    """A new machine with its token, which is shown this once."""

    token: str


class PublicKey(ExactObject):
    """A public key that signatures can be verified with."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str
    alg: Literal["EdDSA"]
    use: Literal["sig"]


class PublicKeys(ExactObject):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[PublicKey]
