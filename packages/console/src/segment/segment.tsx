/** One segment in one environment: its condition and its lists. `exclude` wins over `include`, `include` over the condition. */
import { commandWord } from '@flagmarshal/domain/flag/key'
import { conditionWords } from '@flagmarshal/domain/flag/words'
import { Button, SegmentedControl, Switch, Textarea } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { OpenDrafts, SaveDraft } from '../draft/save-draft.tsx'
import { useProtected } from '../draft/use-drafts.ts'
import type { Draft as SavedDraft } from '../draft/use-drafts.ts'
import { ConditionEditor } from '../flag/condition-editor.tsx'
import { useAddressed } from '../flag/use-addressed.ts'
import { paths } from '../paths.ts'
import { useLive, useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'

import classes from '../flag/flag.module.css'

type Config = Answer<'getSegment'>['environments'][number]

export function SegmentPage(): ReactElement {
  const { project = '', segment = '' } = useParams({ strict: false })
  const read = useLive('getSegment', { params: { project, segment } })
  const environment = useAddressed('env', '')
  const asked = useAddressed('draft', '').value
  return (
    <Page
      title={read.data?.name ?? segment}
      crumbs={<Link to={paths.segments(project)}>Segments</Link>}
      beside={<code className="fm-dim">{segment}</code>}
      actions={<Freshness of={[read]} />}
    >
      <Loaded read={read}>
        {({ environments }) => {
          const config =
            environments.find((it) => it.environment === environment.value) ?? environments.at(-1)
          if (config === undefined) return <p>The project has no environment.</p>
          return (
            <>
              <SegmentedControl
                className={classes['tabs'] ?? ''}
                value={config.environment}
                onChange={environment.go}
                data={environments.map((it) => it.environment)}
              />
              <Opened
                key={`${config.environment} ${asked}`}
                project={project}
                segment={segment}
                config={config}
                draft={asked}
              />
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

interface EditorProps {
  readonly project: string
  readonly segment: string
  readonly config: Config
  /** A draft to go on with, in place of what is live. */
  readonly saved?: SavedDraft | undefined
}

type Draft = Pick<Config, 'when' | 'include' | 'exclude'>

function Editor({ project, segment, config, saved }: EditorProps): ReactElement {
  const [begun, setBegun] = useState<{ readonly base: Config; readonly draft: Draft } | undefined>(() =>
    saved === undefined || 'rules' in saved.proposed ? undefined : { base: config, draft: saved.proposed },
  )
  const guarded = useProtected(project, config.environment)
  const place = { project, environment: config.environment, kind: 'segment' as const, subject: segment }
  const write = useWrite('changeSegment')
  const base = begun?.base ?? config
  const draft: Draft = begun?.draft ?? config
  const change = (fields: Partial<Draft>): void => setBegun({ base, draft: { ...draft, ...fields } })
  const conflict = begun !== undefined && base.revision !== config.revision
  const { when, include, exclude } = draft
  const save = async (): Promise<void> => {
    const params = { project, segment, environment: config.environment }
    const body = bodyOf(draft)
    const stored = await write.mutateAsync([{ params, body, ifMatch: base.revision }]).catch(() => undefined)
    if (stored !== undefined) setBegun(undefined)
  }
  return (
    <Card
      title={`In ${config.environment}`}
      beside={<span className="fm-dim">revision {config.revision}</span>}
    >
      <div className={classes['column']}>
        {conflict ? (
          <Theirs
            base={base}
            theirs={config}
            goOn={() => setBegun({ base: config, draft })}
            drop={() => setBegun(undefined)}
          />
        ) : null}
        <Switch
          label="It has a condition"
          checked={when !== undefined}
          onChange={(event) => {
            if (event.currentTarget.checked) change({ when: { all: [] } })
            else setBegun({ base, draft: { include, exclude } })
          }}
        />
        {when === undefined ? null : (
          <ConditionEditor
            project={project}
            label="the segment"
            when={when}
            change={(it) => change({ when: it })}
          />
        )}
        <Members
          label="Included, whatever the condition says"
          keys={include}
          change={(it) => change({ include: it })}
        />
        <Members label="Excluded, always" keys={exclude} change={(it) => change({ exclude: it })} />
        <div className={classes['bar']}>
          {guarded ? (
            <SaveDraft
              place={place}
              content={{ kind: 'segment', content: bodyOf(draft) }}
              disabled={begun === undefined || conflict}
              primary={false}
              draft={saved}
            >
              <ul>
                <Change label="Included" before={base.include} after={include} />
                <Change label="Excluded" before={base.exclude} after={exclude} />
              </ul>
            </SaveDraft>
          ) : null}
          <Button
            disabled={begun === undefined || conflict}
            loading={write.isPending}
            onClick={() => void save()}
          >
            Save in {config.environment}
          </Button>
          <span className="fm-dim">
            Whoever is taken out loses it at once. Where a flag that is on in a protected environment would
            expose somebody more, it takes a draft or the open gate of the feature.
          </span>
        </div>
        {guarded ? <OpenDrafts {...place} /> : null}
        {write.error === null || conflict ? null : <ErrorView error={write.error} />}
        <CopyCommand
          command={`flagmarshal segment set ${commandWord(segment)} -e ${config.environment} -f segment.json`}
          request={`PUT /api/v1/projects/${project}/segments/${encodeURIComponent(segment)}/environments/${config.environment}`}
        />
      </div>
    </Card>
  )
}

/** The editor with what is live, or with what a draft proposes, to be saved into it again. */
function Opened({ draft, ...it }: Omit<EditorProps, 'saved'> & { readonly draft: string }): ReactElement {
  return draft === '' ? <Editor {...it} /> : <OfDraft {...it} draft={draft} />
}

function OfDraft({ draft, ...it }: Omit<EditorProps, 'saved'> & { readonly draft: string }): ReactElement {
  const read = useRead('showDraft', { params: { project: it.project, draft } })
  return <Loaded read={read}>{(saved) => <Editor {...it} saved={saved} />}</Loaded>
}

/** What is sent: the whole segment. */
function bodyOf({ when, include, exclude }: Draft) {
  return { ...(when === undefined ? {} : { when }), include, exclude }
}

/** Targeting keys, one a line. */
function Members({
  label,
  keys,
  change,
}: {
  readonly label: string
  readonly keys: readonly string[]
  readonly change: (keys: string[]) => void
}): ReactElement {
  const [text, setText] = useState<string>()
  return (
    <Textarea
      label={`${label} (${keys.length.toLocaleString('en')})`}
      description="Targeting keys, one a line"
      autosize
      minRows={2}
      maxRows={12}
      classNames={{ input: classes['json'] ?? '' }}
      value={text ?? keys.join('\n')}
      onChange={(event) => {
        setText(event.currentTarget.value)
        change(
          event.currentTarget.value
            .split('\n')
            .map((it) => it.trim())
            .filter((it) => it !== ''),
        )
      }}
      onBlur={() => setText(undefined)}
    />
  )
}

interface TheirsProps {
  readonly base: Config
  readonly theirs: Config
  readonly goOn: () => void
  readonly drop: () => void
}

function Theirs({ base, theirs, goOn, drop }: TheirsProps): ReactElement {
  const words = (it: Config): string => (it.when === undefined ? 'lists only' : conditionWords(it.when))
  return (
    <div role="alert" className={classes['rule']}>
      <strong>Somebody else has saved revision {theirs.revision} since you began.</strong>
      <ul>
        {words(base) === words(theirs) ? null : (
          <li>
            Condition: {words(base)} → <strong>{words(theirs)}</strong>
          </li>
        )}
        <Change label="Included" before={base.include} after={theirs.include} />
        <Change label="Excluded" before={base.exclude} after={theirs.exclude} />
      </ul>
      <div className={classes['bar']}>
        <Button variant="default" onClick={drop}>
          Take theirs, drop mine
        </Button>
        <Button variant="default" onClick={goOn}>
          Go on with mine in place of theirs
        </Button>
      </div>
    </div>
  )
}

function Change({
  label,
  before,
  after,
}: {
  readonly label: string
  readonly before: readonly string[]
  readonly after: readonly string[]
}): ReactElement | null {
  const [was, is] = [new Set(before), new Set(after)]
  const added = after.filter((it) => !was.has(it))
  const gone = before.filter((it) => !is.has(it))
  if (added.length + gone.length === 0) return null
  return (
    <li>
      {label}: {added.length} added ({added.slice(0, 5).join(', ')}), {gone.length} removed (
      {gone.slice(0, 5).join(', ')})
    </li>
  )
}
