/**
 * Who somebody is here whom the organisation's sign-in has shown for the first time: a person that is
 * known, somebody new, or nobody. It refuses where two people could be one: separation of duties counts people.
 */
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'

/** What the provider says of them, as far as it is used. */
export interface Shown {
  readonly subject: string
  readonly name: string | undefined
  /** What they are called there, if it says. */
  readonly login: string | undefined
  readonly email: string | undefined
  /** The provider has made sure that the address is theirs. */
  readonly emailVerified: boolean
}

/** Somebody with the address or the id that is shown. */
export interface Known {
  readonly id: string
  readonly email: string | null
  readonly disabled: boolean
  readonly erased: boolean
}

/** What an administrator has settled. */
export interface Admission {
  /** Somebody known is taken for who has shown their address, where the provider has verified it. */
  readonly linksByEmail: boolean
  /** Somebody new is added. */
  readonly addsPeople: boolean
}

export type Resolved =
  | { readonly kind: 'link'; readonly person: string }
  | {
      readonly kind: 'add'
      readonly id: string
      readonly name: string
      readonly email: string | null
    }
  | Refusal

const LONGEST_ID = 63
const LONGEST_NAME = 200

/** The decision; `known` is everybody whose id or address could be meant, those who left included. */
export function resolvePerson(
  shown: Shown,
  known: readonly Known[],
  { linksByEmail, addsPeople }: Admission,
): Resolved {
  const { email } = shown
  const same = known.filter(
    (it) => !it.erased && email !== undefined && it.email?.toLowerCase() === email.toLowerCase(),
  )
  if (same.some((it) => it.disabled)) return refuseDisabled()
  const [one, ...others] = same
  if (one !== undefined) {
    return linksByEmail && shown.emailVerified && others.length === 0
      ? { kind: 'link', person: one.id }
      : refuseKnown()
  }
  const wanted = idOf(shown)
  const taken = known.find((it) => it.id === wanted)
  if (taken !== undefined && !taken.erased) return taken.disabled ? refuseDisabled() : refuseKnown()
  if (!addsPeople) {
    return refuse(
      'not-known-here',
      'Nobody here belongs to this sign-in.',
      'Ask an administrator to add you; then connect it on the page of your account.',
    )
  }
  return {
    kind: 'add',
    id: freeId(wanted, known),
    name: (shown.name ?? shown.login ?? wanted).slice(0, LONGEST_NAME),
    // An address that nobody has verified might be anybody's: letters about passwords would go to it.
    email: shown.emailVerified ? (email ?? null) : null,
  }
}

/** The id that somebody would have here, of what they are called there. */
export function idOf({ login, email, subject }: Pick<Shown, 'login' | 'email' | 'subject'>): string {
  for (const text of [login, email, subject]) {
    const id = (text ?? '')
      .split('@')[0]
      ?.normalize('NFKD')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, LONGEST_ID)
    if (id !== undefined && id !== '') return id
  }
  return 'person'
}

/** Somebody who was removed keeps the id as a pseudonym: it is given to nobody else. */
function freeId(wanted: string, known: readonly Known[]): string {
  const taken = new Set(known.map((it) => it.id))
  for (let n = 1; ; n++) {
    const id = n === 1 ? wanted : `${wanted.slice(0, LONGEST_ID - 5)}-${n}`
    if (!taken.has(id)) return id
  }
}

/** Somebody who is let in no more, whichever way they come. */
export function refuseDisabled(): Refusal {
  return refuse(
    'person-disabled',
    'Whoever this is here is let in no more.',
    'Ask an administrator whether that should change.',
  )
}

function refuseKnown(): Refusal {
  return refuse(
    'person-known',
    'Somebody here has this name or address already, and is not connected to this sign-in.',
    'If it is you: sign in with your password and connect it on the page of your account.',
  )
}
