/** What the variants of a flag are worth, and the JSON Schema that they satisfy: shared by all environments. */
import { commandWord } from '@flagmarshal/domain/flag/key'
import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { isObject, JsonField } from './json-field.tsx'

import classes from './flag.module.css'

type Flag = Answer<'getFlag'>
type Values = Pick<Flag, 'variants' | 'schema'>

export function ValuesEditor({
  project,
  flag,
}: {
  readonly project: string
  readonly flag: Flag
}): ReactElement {
  const [draft, setDraft] = useState<Values>({ variants: flag.variants, schema: flag.schema })
  const [faults, setFaults] = useState<Readonly<Record<string, string | undefined>>>({})
  const write = useWrite('changeFlag')
  const params = { project, flag: flag.key }
  const faulty = Object.values(faults).some((it) => it !== undefined)
  const dirty = JSON.stringify(draft) !== JSON.stringify({ variants: flag.variants, schema: flag.schema })
  return (
    <Card title={`Values of the ${flag.valueType} flag, in all environments`}>
      <div className={classes['column']}>
        <JsonField<Values['variants']>
          label="Variants"
          description="Each name with its value; null is the caller’s own default."
          value={draft.variants}
          read={(it) => readVariants(it, flag.valueType)}
          change={(variants) => setDraft((before) => ({ ...before, variants }))}
          faulty={(fault) => setFaults((before) => ({ ...before, variants: fault }))}
        />
        <JsonField<NonNullable<Values['schema']> | undefined>
          label="JSON Schema"
          description="Every variant must satisfy it. Empty for none."
          value={draft.schema}
          read={readSchema}
          change={(schema) => setDraft((before) => ({ ...before, schema }))}
          faulty={(fault) => setFaults((before) => ({ ...before, schema: fault }))}
        />
        {write.error === null ? null : <ErrorView error={write.error} />}
        <div className={classes['bar']}>
          <Button
            disabled={!dirty || faulty}
            loading={write.isPending}
            onClick={() =>
              write.mutate([
                {
                  params,
                  body: { variants: draft.variants, schema: draft.schema ?? null },
                  ifMatch: flag.revision,
                },
              ])
            }
          >
            Store the values
          </Button>
        </div>
        <CopyCommand
          command={`flagmarshal flag edit ${commandWord(flag.key)} --variants variants.json --schema schema.json`}
          request={`PATCH /api/v1/projects/${project}/flags/${encodeURIComponent(flag.key)}`}
        />
      </div>
    </Card>
  )
}

function readVariants(json: unknown, type: Flag['valueType']): Values['variants'] | string {
  if (!isObject(json)) return 'Variants are an object: each name with its value.'
  const wrong = Object.entries(json).find(
    ([, value]) => value !== null && (type === 'object' ? !isObject(value) : typeof value !== type),
  )
  // Whatever else is wrong with them the server says, with the place.
  return wrong === undefined ? (json as Values['variants']) : `${wrong[0]} is no ${type}.`
}

function readSchema(json: unknown): NonNullable<Values['schema']> | undefined | string {
  if (json === undefined) return undefined
  return isObject(json) ? (json as NonNullable<Values['schema']>) : 'A schema is an object.'
}
