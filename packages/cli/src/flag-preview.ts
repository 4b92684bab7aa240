/**
 * `flagmarshal flag explain|reach`: who gets what and why, and how many, of what is stored or of a draft.
 */
import type { Command } from 'commander'

import { usage } from './failure.ts'
import { parseObject, readObject } from './given.ts'
import type { JsonObject } from './given.ts'
import type { Open } from './program.ts'
import type { Answer, Session } from './session.ts'
import { table } from './table.ts'

interface ExplainOptions {
  env: string
  user?: string
  context: string
  persona?: string
  draft?: string
}

export function previewCommands(program: Command, open: Open): void {
  const flag = program.commands.find((it) => it.name() === 'flag') ?? program.command('flag')
  flag
    .command('explain <key>')
    .description('who gets what, and why')
    .requiredOption('-e, --env <environment>', 'environment')
    .option('--user <targetingKey>', 'targeting key of the context')
    .option('--context <json>', 'attributes of the context', '{}')
    .option('--persona <key>', 'a kept context; --context and --user come on top of it')
    .option('--draft <path>', 'file with a configuration in place of the stored one; - reads stdin')
    .action(async (key: string, given: ExplainOptions, command: Command) => {
      const session = open(command)
      const it = await session.call('explainFlag', {
        params: { project: session.project(), flag: key, environment: given.env },
        body: { context: await contextOf(session, given), ...draftOf(given.draft) },
      })
      session.result(it, () =>
        [it.sentence, ...it.trace.map((step) => `  ${step.name}: ${step.outcome}, ${step.because}`)].join(
          '\n',
        ),
      )
    })
  flag
    .command('reach <key>')
    .description('how many a configuration reaches: what is stored, or a draft')
    .requiredOption('-e, --env <environment>', 'environment')
    .option('--draft <path>', 'file with a configuration; - reads stdin')
    .action(async (key: string, given: { env: string; draft?: string }, command: Command) => {
      const session = open(command)
      const it = await session.call('estimateReach', {
        params: { project: session.project(), flag: key, environment: given.env },
        body: draftOf(given.draft),
      })
      session.result(it, () => describeReach(it))
    })
}

async function contextOf(session: Session, given: ExplainOptions): Promise<JsonObject> {
  return {
    ...(given.persona === undefined ? {} : await contextOfPersona(session, given.persona)),
    ...parseObject(given.context, '--context'),
    ...(given.user === undefined ? {} : { targetingKey: given.user }),
  }
}

async function contextOfPersona(session: Session, key: string): Promise<JsonObject> {
  const { items } = await session.call('listPersonas', { params: { project: session.project() } })
  const found = items.find((it) => it.key === key)
  if (found === undefined)
    throw usage(`There is no persona ${key}.`, 'List them with "flagmarshal persona list".')
  return found.context
}

/** The server checks the shape and names the field at fault. */
function draftOf(path: string | undefined): { draft?: never } {
  return path === undefined ? {} : { draft: readObject(path) as never }
}

function describeReach(it: Answer<'estimateReach'>): string {
  const shares = (it.after ?? it.now).map((one) => [
    one.variant,
    percent(one.least),
    percent(one.most),
    String(one.listed),
  ])
  return [it.sentence, table(['variant', 'at least', 'at most', 'more by lists'], shares), it.basis].join(
    '\n\n',
  )
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
