/**
 * `flagmarshal procedure …`, `plan-template …`, `evidence …`: the procedure as data, plans to begin
 * with, and what decisions rest on.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { readObject } from './given.ts'
import type { Open } from './program.ts'
import { runOf } from './run.ts'
import { fields, table } from './table.ts'

type NewTemplate = Call<Operations['createPlanTemplate']>['body']

export function procedureCommands(program: Command, open: Open): void {
  const procedure = program.command('procedure').description('the procedures, as data')
  procedure
    .command('show [id]')
    .description('version, status, owner, source and related procedures; with --json the whole definition')
    .action(async (id: string | undefined, _: unknown, command: Command) => {
      const session = open(command)
      const params = { procedure: id ?? 'feature-flag-rollout' }
      const it = await session.call('showProcedure', { params })
      session.result(it, () =>
        fields([
          ['procedure', it.name],
          ['version', String(it.version)],
          ['status', it.status],
          ['owner', it.owner],
          ['source', `${it.source.document}, SHA-256 ${it.source.sha256}`],
          ['related', it.related.map((one) => `${one.name}: ${one.address ?? 'no address'}`).join('; ')],
        ]),
      )
    })
  relating(procedure, open)
  templates(program, open)
  const evidence = program.command('evidence').description('what decisions rest on')
  evidence
    .command('list <feature>')
    .description('every piece of the run of a feature, newest first')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listEvidence', { params: await runOf(session, name) })
      session.rows(
        items,
        ['hash', 'kind', 'step', 'when', 'by'],
        items.map((it) => [it.hash.slice(0, 12), it.kind, String(it.step ?? '–'), it.at, it.by]),
      )
    })
  evidence
    .command('show <hash>')
    .description('one piece of evidence by its hash')
    .action(async (hash: string, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('showEvidence', { params: { project: session.project(), hash } })
      const head = fields([
        ['evidence', it.hash],
        ['kind', it.kind],
        ['run', it.run],
        ['by', it.by],
        ['at', it.at],
      ])
      session.result(it, () => `${head}\n\n${JSON.stringify(it.content, null, 2)}`)
    })
}

function relating(procedure: Command, open: Open): void {
  procedure
    .command('related')
    .description('the procedures that definitions name, and where each is found')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('showRelatedProcedures', {})
      session.rows(
        items,
        ['procedure', 'address'],
        items.map((it) => [it.name, it.address ?? '–']),
      )
    })
  procedure
    .command('relate <name> [address]')
    .description('say where a procedure is found, for the whole organisation; without an address forget it')
    .action(async (name: string, address: string | undefined, ...[, command]: [unknown, Command]) => {
      const session = open(command)
      const { items, revision } = await session.call('showRelatedProcedures', {})
      const known = items.flatMap((it) => (it.address === null ? [] : [[it.name, it.address] as const]))
      const others = known.filter(([one]) => one !== name)
      const addresses = Object.fromEntries([...others, ...(address === undefined ? [] : [[name, address]])])
      const changed = await session.call('writeRelatedProcedures', {
        body: { addresses },
        ifMatch: revision,
      })
      session.result(changed, () =>
        address === undefined ? `${name} has no address.` : `${name} is found at ${address}.`,
      )
    })
}

function templates(program: Command, open: Open): void {
  const template = program.command('plan-template').description('rollout plans to begin with')
  template
    .command('list')
    .description('list them, the built-in one first')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listPlanTemplates', {})
      session.result(items, () =>
        table(
          ['template', 'name', 'by'],
          items.map((it) => [it.key, it.name, it.builtIn ? 'built in' : (it.createdBy ?? '')]),
        ),
      )
    })
  template
    .command('create <key>')
    .description('keep a rollout plan for other features to begin with')
    .requiredOption('-f, --file <path>', 'file with the plan; - reads stdin')
    .requiredOption('--description <text>', 'what it is for')
    .option('--name <name>', 'name for people; the key unless given')
    .action(
      async (key: string, given: { file: string; description: string; name?: string }, command: Command) => {
        const session = open(command)
        const { file, description, name = key } = given
        const made = await session.call('createPlanTemplate', {
          // The server checks the shape and names the field at fault.
          body: { key, name, description, plan: readObject(file) as NewTemplate['plan'] },
        })
        session.result(
          made,
          () => `Template ${made.key}: flagmarshal feature propose … 3 --template ${made.key}`,
        )
      },
    )
}
