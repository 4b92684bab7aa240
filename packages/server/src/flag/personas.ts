/** Keeping contexts under names, to ask who gets what. */
import type { Persona, SavePersona } from '@flagmarshal/api/persona'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Database } from '../storage/database.ts'
import * as stored from '../storage/personas.ts'
import { selectProject } from '../storage/projects.ts'

/** How many personas a project may have. */
const MOST_PERSONAS = 500

/** Names one persona. */
export interface PersonaKey {
  readonly project: string
  readonly persona: string
}

/** The personas of a project, by key. */
export async function listPersonas(database: Database, project: string): Promise<Persona[] | Refusal> {
  if ((await selectProject(database.kysely, project)) === undefined) return notFound('project', project)
  return (await stored.selectPersonas(database.kysely, project)).map(personaView)
}

/** Keeps a persona in place of the one with its key. Refuses more of them than anybody can choose from. */
export async function savePersona(
  context: Context,
  database: Database,
  { project, persona }: PersonaKey,
  input: SavePersona,
): Promise<Persona | Refusal> {
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const before = await stored.lockPersona(tx, project, persona)
    if (before === undefined && (await stored.selectPersonas(tx, project)).length >= MOST_PERSONAS) {
      return refuse(
        'too-many-personas',
        `${project} has ${MOST_PERSONAS} personas.`,
        'Delete one that nobody needs.',
      )
    }
    const row = await stored.upsertPersona(tx, {
      project,
      key: persona,
      name: input.name,
      context: toJson(input.context),
      saved_at: context.now,
      saved_by: context.actor.id,
    })
    await record(tx, context, {
      chain: { project },
      action: 'persona.save',
      subject: { kind: 'persona', id: persona },
      ...(before === undefined ? {} : { before: recorded(before) }),
      after: recorded(row),
    })
    return personaView(row)
  })
}

/** Forgets a persona. */
export async function deletePersona(
  context: Context,
  database: Database,
  { project, persona }: PersonaKey,
): Promise<Refusal | undefined> {
  return await database.transaction(async (tx) => {
    const before = await stored.lockPersona(tx, project, persona)
    if (before === undefined) return notFound('persona', persona)
    await stored.deletePersona(tx, project, persona)
    await record(tx, context, {
      chain: { project },
      action: 'persona.delete',
      subject: { kind: 'persona', id: persona },
      before: recorded(before),
    })
    return undefined
  })
}

/** What the chain keeps of it: never the context, which may be somebody's and could not be erased there. */
function recorded({ key, saved_by: savedBy }: stored.PersonaRow): object {
  return { key, savedBy }
}

function personaView(row: stored.PersonaRow): Persona {
  return {
    key: row.key,
    name: row.name,
    context: { ...row.context },
    savedAt: row.saved_at.toISOString(),
    savedBy: row.saved_by,
  }
}
