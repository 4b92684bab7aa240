/**
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) with a random nonce, bound to what they are the
 * secret of, so that a row copied to another place does not open there (R17).
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** `v2.<id of the key>.<nonce, tag and text in base64>`; `v1.<…>`, of before, did not name its key. */
const VERSION = 'v2'
const BEFORE = 'v1'
const NONCE_BYTES = 12
const TAG_BYTES = 16

export interface Safe {
  /** The ids of the keys that are there: the one that seals first. */
  readonly keyIds: readonly [string, ...string[]]
  /** A text that only `open` with the current key and the same owner reads. */
  seal(secret: string, owner: string): string
  /** The secret; undefined when it was sealed with a key that is not there, or for another owner. */
  open(sealed: string, owner: string): string | undefined
  /** The same secret under the current key; undefined when it is under that already, or cannot be opened. */
  reseal(sealed: string, owner: string): string | undefined
}

/** What a key is called where its secrets are stored: enough to tell keys apart, nothing of the key. */
export function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('flagmarshal key ').update(key).digest('hex').slice(0, 8)
}

/** The id of the key that a text was sealed with; undefined where it does not say. */
export function sealedUnder(sealed: string): string | undefined {
  return partsOf(sealed)?.id
}

function partsOf(sealed: string): { readonly id: string | undefined; readonly packed: string } | undefined {
  const [version, ...parts] = sealed.split('.')
  const [first, second] = parts
  if (version === BEFORE && parts.length === 1 && first !== undefined) return { id: undefined, packed: first }
  return version === VERSION && parts.length === 2 && second !== undefined
    ? { id: first, packed: second }
    : undefined
}

/** Seals with the first of the keys, opens with any; 32 bytes each. */
export function createSafe(keys: readonly [Buffer, ...Buffer[]]): Safe {
  const [current, ...older] = keys
  const id = keyIdOf(current)
  const open = (sealed: string, owner: string) =>
    keys.map((key) => openSealed(key, sealed, owner)).find((secret) => secret !== undefined)
  const safe: Safe = {
    keyIds: [id, ...older.map(keyIdOf)],
    seal(secret, owner) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', current, nonce).setAAD(Buffer.from(owner))
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return `${VERSION}.${id}.${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')}`
    },
    open,
    reseal(sealed, owner) {
      const secret = open(sealed, owner)
      return secret === undefined || sealedUnder(sealed) === id ? undefined : safe.seal(secret, owner)
    },
  }
  return safe
}

function openSealed(key: Buffer, sealed: string, owner: string): string | undefined {
  const parts = partsOf(sealed)
  if (parts === undefined || (parts.id !== undefined && parts.id !== keyIdOf(key))) return undefined
  const bytes = Buffer.from(parts.packed, 'base64')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(owner)).setAuthTag(tag)
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES))
    return Buffer.concat([text, decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

/** What a channel's secret is bound to. */
export function channelOwner(project: string, channel: string): string {
  return `channel/${project}/${channel}`
}

/** What the secret of an inbound source is bound to. */
export function sourceOwner(project: string, source: string): string {
  return `inbound/${project}/${source}`
}

/** What the secrets of a connection are bound to. */
export function connectionOwner(project: string, connection: string): string {
  return `connection/${project}/${connection}`
}

/** What the secret of a person's second factor is bound to. */
export function factorOwner(person: string): string {
  return `second-factor/${person}`
}

/** What a hook's secret is bound to. */
export function hookOwner(project: string, hook: string): string {
  return `hook/${project}/${hook}`
}

/** What the secret of the organisation's sign-in is bound to. */
export const PROVIDER_OWNER = 'identity-provider'
