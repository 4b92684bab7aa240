/**
 * `flagmarshal feature inputs`: what must exist before a step may open, one by one or from a file.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { usage } from './failure.ts'
import { isObject, parseObject, readObject } from './given.ts'
import type { Open } from './program.ts'
import { runOf } from './run.ts'
import type { Answer } from './session.ts'
import { withUploads } from './upload.ts'

type Body = Call<Operations['provideInput']>['body']

interface InputOptions {
  set?: string
  value?: string
  file?: string
  statement?: string
  reference?: string
}

export function inputCommand(feature: Command, open: Open): void {
  feature
    .command('inputs <feature>')
    .description('the required inputs; with --set give one, with --file alone several')
    .option('--set <input>', 'the input to give, like P-I1')
    .option('--value <json>', 'its value')
    .option(
      '-f, --file <path>',
      'file with its value; without --set with several, like {"P-I1": {"value": …, "attest": …}}; - reads stdin',
    )
    .option('--statement <text>', 'what you vouch for, where the input is a decision (P-I6)')
    .option('--reference <text>', 'where that can be read')
    .action(async (name: string, given: InputOptions, command: Command) => {
      const session = open(command)
      const bodies = bodiesOf(given)
      const params = await runOf(session, name)
      const from = given.file ?? '-'
      for (const [input, body] of bodies) {
        if (bodies.length > 1) session.say(`Giving ${input} …`)
        const value = await withUploads(session, body.value, from)
        await session.call('provideInput', { params: { ...params, input }, body: { ...body, value } })
      }
      const { inputs } = await session.call('showRun', { params })
      session.rows(inputs, ['input', 'title', 'state', 'checked', ''], inputs.map(rowOfInput))
    })
}

function bodiesOf(given: InputOptions): [string, Body][] {
  const { set, file, value } = given
  if (set !== undefined) return [[set, bodyOf(given)]]
  if (value !== undefined || given.statement !== undefined || given.reference !== undefined)
    throw usage('Which input is meant?', 'Add --set with its id, like --set P-I7.')
  if (file === undefined) return []
  return Object.entries(readObject(file)).map(([input, body]) => {
    if (!isObject(body) || !('value' in body))
      throw usage(`${input} in ${file} has no value.`, `Write {"${input}": {"value": {…}}}.`)
    // The server checks the shape and names the field at fault.
    return [input, body as Body]
  })
}

function bodyOf({ file, value, statement, reference }: InputOptions): Body {
  if (file === undefined && value === undefined)
    throw usage('The value of the input is missing.', 'Add --file with it, or --value.')
  const attest =
    statement === undefined && reference === undefined
      ? undefined
      : { statement: statement ?? '', reference: reference ?? '' }
  return {
    value: file !== undefined ? readObject(file) : parseObject(value ?? '', '--value'),
    ...(attest === undefined ? {} : { attest }),
  }
}

/** What is missing is shown with the way to it, who gets it and by when; what is there with what was found. */
export function rowOfInput(it: Answer<'showRun'>['inputs'][number]): string[] {
  const { id, path, owners, dueAt } = it.remediation
  const due = dueAt === null ? '' : ` [${[...owners, `by ${dueAt.slice(0, 10)}`].join(', ')}]`
  const override = it.override === null ? [] : [`overridden by ${it.override.by}: ${it.override.reason}`]
  const more = it.state === 'provided' ? override : [`${id}: ${path}${due}`]
  return [
    it.id,
    it.title,
    it.state.replaceAll('_', ' '),
    it.checked ?? '–',
    [...it.findings, ...more].join('; '),
  ]
}
