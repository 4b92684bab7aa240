/** Writing what one environment serves: rules, their reach and their answers before they are published. */
import { raisesExposure } from '@flagmarshal/domain/flag/exposure'
import { commandWord } from '@flagmarshal/domain/flag/key'
import { Button, Select, Switch } from '@mantine/core'
import { useDebouncedValue, useDisclosure } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { OpenDrafts, SaveDraft } from '../draft/save-draft.tsx'
import { useProtected } from '../draft/use-drafts.ts'
import type { Draft } from '../draft/use-drafts.ts'
import { problemOf, reading, useWrite } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { differencesOf, merged } from './config-difference.ts'
import { bodyOf, draftOf, isSame, moved, newRule } from './config-draft.ts'
import type { Config, ConfigDraft, PlainServe } from './config-draft.ts'
import { Conflict } from './conflict.tsx'
import { Differences } from './differences.tsx'
import { Explain } from './explain.tsx'
import type { FlagPart } from './flag.tsx'
import { isObject, JsonField } from './json-field.tsx'
import { RuleEditor } from './rule-editor.tsx'
import { ServeEditor } from './serve-editor.tsx'

import classes from './flag.module.css'

/** What somebody writes, and what they have seen of the server. */
interface Begun {
  readonly base: Config
  readonly draft: ConfigDraft
}

interface TargetingProps extends FlagPart {
  /** A draft to go on with, in place of what is live. */
  readonly saved?: Draft
}

export function Targeting({ saved, ...part }: TargetingProps): ReactElement {
  const { config } = part
  const [begun, setBegun] = useState<Begun | undefined>(() => begunWith(config, saved))
  const [said, setSaid] = useState('')
  const base = begun?.base ?? config
  const draft = begun?.draft ?? draftOf(config)
  const dirty = begun !== undefined && !isSame(begun.draft, begun.base)
  const change = (fields: Partial<ConfigDraft>): void => setBegun({ base, draft: { ...draft, ...fields } })
  const move = (index: number, by: -1 | 1): void => {
    change({ rules: moved(draft.rules, index, by) })
    setSaid(
      `${draft.rules[index]?.name ?? 'The rule'} is now rule ${index + by + 1} of ${draft.rules.length}`,
    )
  }
  return (
    <div className={classes['split']}>
      <div className={classes['column']}>
        {dirty && base.revision !== config.revision ? (
          <Conflict
            base={base}
            theirs={config}
            mine={draft}
            takeTheirs={() => setBegun(undefined)}
            merge={() => setBegun({ base: config, draft: merged(base, config, draft) })}
          />
        ) : null}
        <Editor part={part} draft={draft} change={change} move={move} />
        <p className="fm-hidden" role="status">
          {said}
        </p>
        <Publish
          part={part}
          base={base}
          draft={draft}
          dirty={dirty}
          saved={saved}
          done={() => setBegun(undefined)}
        />
      </div>
      <Card title="Who gets what, and why">
        <Explain {...part} {...(dirty ? { draft } : {})} />
      </Card>
    </div>
  )
}

/** A draft whose proposal is of this flag, on top of what is live. */
function begunWith(config: Config, saved: Draft | undefined): Begun | undefined {
  if (saved === undefined || !('rules' in saved.proposed)) return undefined
  return { base: config, draft: draftOf(saved.proposed) }
}

interface EditorProps {
  readonly part: FlagPart
  readonly draft: ConfigDraft
  readonly change: (fields: Partial<ConfigDraft>) => void
  readonly move: (index: number, by: -1 | 1) => void
}

function Editor({ part, draft, change, move }: EditorProps): ReactElement {
  const variants = Object.keys(part.flag.variants)
  const { rules } = draft
  return (
    <Card
      title={`Served in ${part.config.environment}`}
      actions={
        <Button
          size="xs"
          variant="default"
          onClick={() => change({ rules: [...rules, newRule(variants[0] ?? 'on', rules.length)] })}
        >
          Add a rule
        </Button>
      }
    >
      <div className={classes['column']}>
        <div className={classes['bar']}>
          <Switch
            label={draft.enabled ? 'On' : 'Off: everybody is served the off variant'}
            checked={draft.enabled}
            onChange={(event) => change({ enabled: event.currentTarget.checked })}
          />
          <Select
            label="Off variant"
            size="xs"
            data={variants}
            allowDeselect={false}
            value={draft.offVariant}
            onChange={(it) => change({ offVariant: it ?? draft.offVariant })}
          />
        </div>
        <JsonField<NonNullable<ConfigDraft['prerequisites']>>
          label="Prerequisites"
          description='What other flags must serve first, like [{"flag": "checkout", "variants": ["on"]}]. [] for none.'
          value={draft.prerequisites ?? []}
          read={readPrerequisites}
          change={(prerequisites) => change({ prerequisites })}
        />
        <ol className={classes['rules']} aria-label="Rules; the first one that matches wins">
          {rules.map((rule, index) => (
            <RuleEditor
              key={rule.id}
              project={part.project}
              variants={variants}
              rule={rule}
              index={index}
              count={rules.length}
              change={(next) => change({ rules: rules.with(index, next) })}
              move={(by) => move(index, by)}
              remove={() => change({ rules: rules.toSpliced(index, 1) })}
            />
          ))}
        </ol>
        <div className={classes['rule']}>
          <strong>Otherwise</strong>
          <ServeEditor
            label="Otherwise"
            variants={variants}
            serve={draft.fallthrough}
            change={(serve: PlainServe) => change({ fallthrough: serve })}
          />
        </div>
      </div>
    </Card>
  )
}

/** Whether the flags and variants are there is the server's to judge. */
function readPrerequisites(json: unknown): NonNullable<ConfigDraft['prerequisites']> | string {
  const looksRight =
    Array.isArray(json) &&
    json.every(
      (it: unknown) => isObject(it) && typeof it['flag'] === 'string' && Array.isArray(it['variants']),
    )
  return looksRight
    ? (json as NonNullable<ConfigDraft['prerequisites']>)
    : 'Prerequisites are a list; each names a flag, and variants as a list.'
}

interface PublishProps {
  readonly part: FlagPart
  readonly base: Config
  readonly draft: ConfigDraft
  readonly dirty: boolean
  readonly saved: Draft | undefined
  readonly done: () => void
}

function Publish({ part, base, draft, dirty, saved, done }: PublishProps): ReactElement {
  const { project, flag, config } = part
  const params = { project, flag: flag.key, environment: config.environment }
  const guarded = useProtected(project, config.environment)
  // What raises exposure in a protected environment goes by a draft, unless the feature's gate is open.
  const needsDraft = guarded && dirty && raisesExposure(base, draft)
  const place = { project, environment: config.environment, kind: 'flag' as const, subject: flag.key }
  const stale = base.revision !== config.revision
  const write = useWrite('configureFlag')
  const [opened, dialog] = useDisclosure(false)
  const publish = async (): Promise<void> => {
    try {
      await write.mutateAsync([{ params, body: bodyOf(draft), ifMatch: base.revision }])
    } catch (error) {
      // What somebody else has stored is read again; the conflict is then shown above the rules.
      if (problemOf(error)?.status === 412) return
      throw error
    }
    done()
  }
  return (
    <Card title="Before it is published">
      <div className={classes['column']}>
        <Reach part={part} draft={dirty ? draft : undefined} />
        <div className={classes['bar']}>
          {guarded ? (
            <SaveDraft
              place={place}
              content={{ kind: 'flag', config: bodyOf(draft) }}
              disabled={!dirty || stale}
              primary={needsDraft}
              draft={saved}
            >
              <Differences of={differencesOf(base, draft)} />
              <Reach part={part} draft={draft} />
            </SaveDraft>
          ) : null}
          <Button
            variant={needsDraft ? 'default' : 'filled'}
            disabled={!dirty || stale}
            onClick={dialog.open}
          >
            Publish to {config.environment}
          </Button>
          {dirty ? (
            <Button variant="default" onClick={done}>
              Drop my changes
            </Button>
          ) : (
            <span className="fm-dim">Nothing is changed.</span>
          )}
        </div>
        {guarded ? <OpenDrafts {...place} /> : null}
        <CopyCommand
          command={`flagmarshal flag set ${commandWord(flag.key)} -e ${config.environment} -f config.json`}
          request={`PUT /api/v1/projects/${project}/flags/${encodeURIComponent(flag.key)}/environments/${config.environment}`}
        />
      </div>
      <Confirm
        opened={opened}
        close={dialog.close}
        title={`Publish ${flag.key} to ${config.environment}`}
        verb="Publish"
        act={publish}
      >
        <Differences of={differencesOf(base, draft)} />
        <Reach part={part} draft={draft} />
      </Confirm>
    </Card>
  )
}

/** Milliseconds of quiet before the reach of a draft is asked for. */
const QUIET_MS = 350

function Reach({
  part,
  draft,
}: {
  readonly part: FlagPart
  readonly draft: ConfigDraft | undefined
}): ReactElement {
  const { project, flag, config } = part
  const params = { project, flag: flag.key, environment: config.environment }
  const [asked] = useDebouncedValue(draft, QUIET_MS)
  const body = asked === undefined ? {} : { draft: bodyOf(asked) }
  const read = useQuery({
    ...reading('estimateReach', { params, body }),
    queryKey: ['estimateReach', params, body, config.revision],
    placeholderData: keepPreviousData,
  })
  if (read.error !== null) return <ErrorView error={read.error} />
  return (
    <Loaded read={read}>
      {(it) => (
        <div>
          <p className="fm-sentence" role="status">
            <strong>
              {asked === undefined ? 'Now: ' : 'After publishing: '}
              {it.sentence}
            </strong>
          </p>
          <p className="fm-sentence fm-dim">{it.basis}</p>
        </div>
      )}
    </Loaded>
  )
}
