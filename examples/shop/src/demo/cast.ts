/**
 * The people of the demo. Each acts with a token of their own: the procedure asks for different
 * people in different roles, and the server holds them to it.
 */
import { createClient } from '@flagmarshal/api'
import type { Client } from '@flagmarshal/api'

import { must } from './failure.ts'

const PEOPLE = {
  developer: { id: 'devi', name: 'Devi Rao', roles: ['developer'] },
  technicalLead: { id: 'tara', name: 'Tara Lind', roles: ['technical-lead'] },
  operationsLead: { id: 'omar', name: 'Omar Reyes', roles: ['operations-lead'] },
  productOwner: { id: 'paula', name: 'Paula Stein', roles: ['product-owner'] },
} as const

export type Part = keyof typeof PEOPLE

/** One of the people, and what they reach the server with. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly token: string
  readonly client: Client
}

export type Cast = Readonly<Record<Part, Person>>

/** Adds the people and gives each a token. */
export async function createCast(server: string, administrator: Client): Promise<Cast> {
  const engage = async (part: Part): Promise<Person> => {
    const { id, name, roles } = PEOPLE[part]
    must(
      `Adding ${name}`,
      await administrator.call('createPerson', { body: { id, name, roles: [...roles] } }),
    )
    const answer = await administrator.call('createToken', { params: { person: id }, body: { name: 'demo' } })
    const { token } = must(`A token for ${name}`, answer)
    return { id, name, token, client: createClient({ server, token }) }
  }
  return {
    developer: await engage('developer'),
    technicalLead: await engage('technicalLead'),
    operationsLead: await engage('operationsLead'),
    productOwner: await engage('productOwner'),
  }
}

/** The person with this id. */
export function personOf(cast: Cast, id: string): Person {
  const person = Object.values(cast).find((it) => it.id === id)
  if (person === undefined) throw new RangeError(`nobody in the cast is called ${id}`)
  return person
}
