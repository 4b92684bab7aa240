/** Rollout plans to begin with: what there is, and keeping another. */
import { Button, Select } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { fieldsOf, itemsOf, wordOf } from '../form/field.ts'
import { line, text } from '../form/make-field.ts'
import { useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { quoted } from '../ui/copy-command.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { duration } from '../ui/time-ago.tsx'
import { CreateCard } from './create-card.tsx'
import type { Body } from './edit-card.tsx'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'

import classes from './settings.module.css'

type Template = Answer<'listPlanTemplates'>['items'][number]

const FIELDS = [
  line('key', 'Key', { help: 'a-z, 0-9 and -.' }),
  line('name', 'Name'),
  text('description', 'What it is for'),
  {
    kind: 'json',
    key: 'plan',
    label: 'Plan',
    help: 'Without environment, treatment and control: a feature adds them.',
  },
] as const

export function PlanTemplates(): ReactElement {
  const read = useRead('listPlanTemplates')
  return (
    <SettingsPage title="Plan templates">
      <Loaded read={read}>
        {({ items }) => (
          <>
            {items.map((it) => (
              <OneTemplate key={it.key} template={it} />
            ))}
            <NewTemplate templates={items} />
          </>
        )}
      </Loaded>
    </SettingsPage>
  )
}

function OneTemplate({ template: it }: { readonly template: Template }): ReactElement {
  return (
    <Card
      title={it.name}
      beside={
        <>
          <code className="fm-dim">{it.key}</code>{' '}
          {it.builtIn ? (
            <Status of="locked" word="Built in" />
          ) : (
            <span className="fm-dim">by {it.createdBy ?? 'somebody'}</span>
          )}
        </>
      }
    >
      <p className={classes['says']}>{it.description}</p>
      <ol>
        {itemsOf(it.plan['stages']).map((stage, index) => (
          <li key={`${index} ${String(fieldsOf(stage)['name'])}`}>{stageWords(fieldsOf(stage))}</li>
        ))}
      </ol>
      <details>
        <summary>The whole plan</summary>
        <pre className="fm-scroll" tabIndex={0}>
          {JSON.stringify(it.plan, null, 2)}
        </pre>
      </details>
    </Card>
  )
}

/** `everybody: 10 %, 25 %, 50 %, at least 3 d, at most 5 d`. */
function stageWords({ name, increments, bakeMs, maxMs }: Body): string {
  const percents = itemsOf(increments).map((it) => `${String(it)} %`)
  const times = [
    typeof bakeMs === 'number' ? `at least ${duration(bakeMs)}` : '',
    typeof maxMs === 'number' ? `at most ${duration(maxMs)}` : '',
  ]
  return `${String(name)}: ${[...percents, ...times].filter((it) => it !== '').join(', ')}`
}

function NewTemplate({ templates }: { readonly templates: readonly Template[] }): ReactElement {
  const create = useWrite('createPlanTemplate')
  const cannot = useCannot('procedure:write')
  const [from, setFrom] = useState<string | null>(null)
  const [begin, setBegin] = useState<Body>({})
  const chosen = templates.find((it) => it.key === from)
  return (
    <>
      <Card title="Begin a new one with">
        <div className={classes['acts']}>
          <Select
            aria-label="Template to begin with"
            placeholder="An existing template"
            data={templates.map((it) => ({ value: it.key, label: it.name }))}
            value={from}
            onChange={setFrom}
          />
          <Button
            variant="default"
            disabled={chosen === undefined}
            onClick={() => setBegin({ plan: chosen?.plan, description: chosen?.description })}
          >
            Copy it below
          </Button>
        </div>
      </Card>
      <CreateCard
        // Another beginning is another form.
        key={JSON.stringify(begin)}
        title="Keep another template"
        says="For every project of this installation. A template is never changed: keep the next one under another key."
        verb="Keep it"
        fields={() => FIELDS}
        begin={begin}
        cannot={cannot}
        create={(body) =>
          // The form has its fields; the server checks the shape of the plan.
          create.mutateAsync([{ body: body as never }]).catch(() => undefined)
        }
        creating={create.isPending}
        error={create.error}
        command={(body) =>
          `echo ${quoted(JSON.stringify(body['plan'] ?? {}))} | flagmarshal plan-template create ${wordOf(body, 'key', 'careful')} --description ${quoted(wordOf(body, 'description', '…'))} --file -`
        }
        request="POST /api/v1/plan-templates"
      />
    </>
  )
}
