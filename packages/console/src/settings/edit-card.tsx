/**
 * Something that the server keeps, as a form: what is lacking, what somebody else saved meanwhile, the
 * request and the command beside it. Secrets are in neither of them.
 */
import { Button } from '@mantine/core'
import type { ReactElement, ReactNode } from 'react'

import { Conflict } from '../form/conflict.tsx'
import { useDraft } from '../form/draft.ts'
import type { Revision } from '../form/draft.ts'
import { lacking, sentFields } from '../form/field.ts'
import type { Field } from '../form/field.ts'
import { Fields } from '../form/fields.tsx'
import type { Clash } from '../form/three-way.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'

import classes from './settings.module.css'

/** The body of a form. */
export type Body = Readonly<Record<string, unknown>>

interface EditCardProps<R extends Revision> {
  readonly title: string
  /** What it means, above the fields. */
  readonly says?: ReactNode
  /** What is saved, in words: `the policy`. */
  readonly what: string
  readonly fields: readonly Field[]
  readonly stored: Body
  readonly revision: R
  /** Why this person may not; undefined where they may. */
  readonly cannot: string | undefined
  /** What is sent, of what the fields say; just that unless given. */
  readonly bodyOf?: (fields: Body) => Body
  /** Saves; answers what is stored then, or undefined where it was refused. */
  readonly save: (body: Body, revision: R) => Promise<{ readonly revision: R } | undefined>
  readonly saving: boolean
  readonly error: Error | null
  /** The command that does the same. */
  readonly command: (body: Body) => string
  readonly request: string
}

export function EditCard<R extends Revision>(props: EditCardProps<R>): ReactElement {
  const { title, says, what, fields, stored, revision, cannot } = props
  const labels = Object.fromEntries(fields.map((it) => [it.key, it.label]))
  const draft = useDraft(stored, revision, labels)
  const lacks = lacking(fields, draft.value)
  const body = (props.bodyOf ?? whole)(sentFields(fields, draft.value) ?? {})
  const save = async (): Promise<void> => {
    const saved = await props.save(body, draft.revision)
    if (saved !== undefined) draft.saved(withoutSecrets(draft.value), saved.revision)
  }
  return (
    <Card
      title={title}
      beside={
        draft.dirty ? (
          <Status of="draft" word="Not saved" />
        ) : typeof revision === 'string' ? undefined : (
          <span className="fm-dim">revision {revision}</span>
        )
      }
    >
      {says === undefined ? null : <p className={classes['says']}>{says}</p>}
      <Fields fields={fields} value={draft.value} change={draft.change} />
      <Lacks of={draft.dirty ? lacks : []} />
      {draft.conflict === undefined ? null : (
        <Conflict
          what={what}
          clashes={draft.conflict.map(masked)}
          merge={draft.merge}
          takeTheirs={draft.takeTheirs}
        />
      )}
      {props.error === null || draft.conflict !== undefined ? null : <ErrorView error={props.error} />}
      <div className={classes['end']}>
        <Button
          disabled={cannot !== undefined || !draft.dirty || lacks.length > 0 || draft.conflict !== undefined}
          loading={props.saving}
          onClick={() => void save()}
        >
          Save {what}
        </Button>
        {draft.dirty ? (
          <Button variant="default" onClick={draft.takeTheirs}>
            Discard
          </Button>
        ) : null}
        {cannot === undefined ? null : <span className="fm-dim">{cannot}</span>}
      </div>
      <div className={classes['twin']}>
        <CopyCommand
          command={props.command(withoutSecrets(body))}
          request={`${props.request} ${JSON.stringify(withoutSecrets(body))}`}
        />
      </div>
    </Card>
  )
}

/** What is sent where the fields say it all. */
export const whole = (fields: Body): Body => fields

/** What must still be given. */
export function Lacks({ of }: { readonly of: readonly string[] }): ReactElement {
  return (
    <div role="status">
      {of.length === 0 ? null : (
        <p>
          <Status of="hold" word="Still needed" /> {of.join(' · ')}
        </p>
      )}
    </div>
  )
}

/** The names under which secrets are sent. */
const SECRETS: ReadonlySet<string> = new Set(['secret', 'secrets'])

/** Without what nobody may see again. */
export function withoutSecrets(body: Body): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !SECRETS.has(name)))
}

function masked(clash: Clash): Clash {
  return SECRETS.has(clash.place.split('/')[0] ?? '') ? { ...clash, mine: 'a new one' } : clash
}
