/**
 * Who gets what and why: the engine's own answer for one context, by what is live, by the draft, or by
 * what was live at an earlier time.
 */
import { commandWord } from '@flagmarshal/domain/flag/key'
import { Button, Group, Select, Textarea, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { reading, useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Status } from '../ui/status.tsx'
import { bodyOf } from './config-draft.ts'
import type { ConfigDraft } from './config-draft.ts'
import type { FlagPart } from './flag.tsx'
import { useHistory } from './history-entries.ts'

import classes from './flag.module.css'

type Attributes = Readonly<Record<string, unknown>>

interface ExplainProps extends FlagPart {
  /** What is being written; its answer is shown beside the live one. */
  readonly draft?: ConfigDraft
}

export function Explain(props: ExplainProps): ReactElement {
  const { project, flag, config, draft } = props
  const [user, setUser] = useState('user-1')
  const [text, setText] = useState('{}')
  const [at, setAt] = useState('now')
  const attributes = attributesOf(text)
  const history = useHistory(props)
  const past = history.entries.find((it) => String(it.seq) === at)
  const context = { ...attributes, ...(user === '' ? {} : { targetingKey: user }) }
  const compared = draft ?? past?.config
  return (
    <div className={classes['column']}>
      <Personas
        project={project}
        context={context}
        take={(it) => {
          const { targetingKey, ...rest } = it
          setUser(typeof targetingKey === 'string' ? targetingKey : '')
          setText(JSON.stringify(rest))
        }}
      />
      <TextInput
        label="Targeting key"
        size="xs"
        value={user}
        onChange={(it) => setUser(it.currentTarget.value)}
      />
      <Textarea
        label="Attributes, as JSON"
        size="xs"
        autosize
        minRows={1}
        maxRows={8}
        classNames={{ input: classes['json'] ?? '' }}
        error={attributes === undefined ? 'This is no JSON object.' : undefined}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {draft === undefined && history.entries.length > 0 ? (
        <Select
          label="Compare with"
          size="xs"
          allowDeselect={false}
          data={[
            { value: 'now', label: 'nothing: what is live now' },
            ...history.entries.map((it) => ({
              value: String(it.seq),
              label: `revision ${it.config.revision}, ${new Date(it.at).toLocaleString()}`,
            })),
          ]}
          value={at}
          onChange={(it) => setAt(it ?? 'now')}
        />
      ) : null}
      {attributes === undefined ? null : <Answers {...props} context={context} compared={compared} />}
      {past === undefined ? null : (
        <p className="fm-dim">Segments are as they are now: their earlier members are not kept.</p>
      )}
      <CopyCommand
        command={`flagmarshal flag explain ${commandWord(flag.key)} -e ${config.environment} --context ${quoted(JSON.stringify(context))}`}
      />
    </div>
  )
}

/** Milliseconds of quiet before an answer is asked for. */
const QUIET_MS = 300

function Answers(
  props: ExplainProps & { readonly context: Attributes; readonly compared: ConfigDraft | undefined },
): ReactElement {
  const { project, flag, config, draft } = props
  const params = { project, flag: flag.key, environment: config.environment }
  const asked = JSON.stringify([props.context, props.compared === undefined ? null : bodyOf(props.compared)])
  const [settled] = useDebouncedValue(asked, QUIET_MS)
  const [context, other]: [Attributes, ConfigDraft | null] = JSON.parse(settled)
  const live = useQuery({
    ...reading('explainFlag', { params, body: { context: { ...context } } }),
    queryKey: ['explainFlag', params, settled, 'live', config.revision],
    placeholderData: keepPreviousData,
  })
  const drafted = useQuery({
    ...reading('explainFlag', {
      params,
      body: { context: { ...context }, ...(other === null ? {} : { draft: other }) },
    }),
    queryKey: ['explainFlag', params, settled, 'compared', config.revision],
    placeholderData: keepPreviousData,
    enabled: other !== null,
  })
  const shown = props.compared !== undefined && other !== null
  const differs = shown && drafted.data !== undefined && drafted.data.variant !== live.data?.variant
  return (
    <div className={classes['answers']} aria-live="polite">
      <AnswerView title={`Live, revision ${config.revision}`} read={live} differs={false} />
      {shown ? (
        <AnswerView title={draft === undefined ? 'Then' : 'Your draft'} read={drafted} differs={differs} />
      ) : null}
    </div>
  )
}

type Explanation = Answer<'explainFlag'>

interface AnswerViewProps {
  readonly title: string
  readonly read: Parameters<typeof Loaded<Explanation>>[0]['read']
  readonly differs: boolean
}

const OUTCOMES: Readonly<Record<Explanation['trace'][number]['outcome'], string>> = {
  served: 'go',
  'not-met': 'off',
  'left-out': 'off',
  'key-missing': 'fail',
  undecidable: 'fail',
}

function AnswerView({ title, read, differs }: AnswerViewProps): ReactElement {
  return (
    <section className={classes['answer']} data-differs={differs} aria-label={title}>
      <h3>
        {title}
        {differs ? <Status of="held" word="differs" /> : null}
      </h3>
      {read.error === null ? null : <ErrorView error={read.error} />}
      {read.error !== null && read.data === undefined ? null : (
        <Loaded read={read}>
          {(it) => (
            <>
              <p>
                <strong>{it.variant ?? 'the caller’s default'}</strong>{' '}
                <span className="fm-dim">{it.reason}</span>
              </p>
              <p>{it.sentence}</p>
              {it.trace.length === 0 ? null : (
                <ol>
                  {it.trace.map((step) => (
                    <li key={step.ruleId ?? 'fallthrough'}>
                      <Status of={OUTCOMES[step.outcome]} word={step.outcome.replace('-', ' ')} /> {step.name}
                      : {step.because}
                    </li>
                  ))}
                </ol>
              )}
            </>
          )}
        </Loaded>
      )}
    </section>
  )
}

interface PersonasProps {
  readonly project: string
  readonly context: Attributes
  readonly take: (context: Attributes) => void
}

function Personas({ project, context, take }: PersonasProps): ReactElement {
  const personas = useRead('listPersonas', { params: { project } })
  const save = useWrite('savePersona')
  const forget = useWrite('deletePersona')
  const [chosen, setChosen] = useState<string | null>(null)
  const [name, setName] = useState('')
  const items = personas.data?.items ?? []
  const key = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  const keep = async (): Promise<void> => {
    const body = { name, context: { ...context } }
    const saved = await save.mutateAsync([{ params: { project, persona: key }, body }]).catch(() => undefined)
    if (saved === undefined) return
    setChosen(saved.key)
    setName('')
  }
  return (
    <div className={classes['column']}>
      <Group align="flex-end" gap="xs">
        <Select
          label="Persona"
          size="xs"
          placeholder={items.length === 0 ? 'None is kept yet' : 'Choose one'}
          data={items.map((it) => ({ value: it.key, label: it.name }))}
          value={chosen}
          onChange={(it) => {
            setChosen(it)
            const found = items.find((one) => one.key === it)
            if (found !== undefined) take(found.context)
          }}
        />
        {chosen === null ? null : (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setChosen(null)
              forget.mutate([{ params: { project, persona: chosen } }])
            }}
          >
            Forget it
          </Button>
        )}
        <TextInput
          label="Keep this context as"
          size="xs"
          placeholder="Beta user in Finland"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button size="xs" variant="default" disabled={key === ''} onClick={() => void keep()}>
          Keep
        </Button>
      </Group>
      {save.error === null ? null : <ErrorView error={save.error} />}
    </div>
  )
}

function attributesOf(text: string): Attributes | undefined {
  try {
    const it: unknown = JSON.parse(text.trim() === '' ? '{}' : text)
    return typeof it === 'object' && it !== null && !Array.isArray(it) ? { ...it } : undefined
  } catch {
    return undefined
  }
}
