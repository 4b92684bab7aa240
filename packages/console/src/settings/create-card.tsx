/** Something new, as a form: what is lacking, the request and the command beside it. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement, ReactNode } from 'react'

import { lacking, sentFields } from '../form/field.ts'
import type { Field } from '../form/field.ts'
import { Fields } from '../form/fields.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Lacks, whole, withoutSecrets } from './edit-card.tsx'
import type { Body } from './edit-card.tsx'

import classes from './settings.module.css'

interface CreateCardProps {
  readonly title: string
  /** What it will be, above the fields. */
  readonly says?: ReactNode
  /** The verb on the button. */
  readonly verb: string
  /** The fields for what has been filled in so far. */
  readonly fields: (value: Body) => readonly Field[]
  readonly begin?: Body
  /** Why this person may not; undefined where they may. */
  readonly cannot: string | undefined
  /** What is sent, of what the fields say; just that unless given. */
  readonly bodyOf?: (fields: Body) => Body
  /** Makes it; undefined where it was refused. */
  readonly create: (body: Body) => Promise<unknown>
  readonly creating: boolean
  readonly error: Error | null
  readonly command: (body: Body) => string
  readonly request: string
  /** Below the form: what is shown once. */
  readonly children?: ReactNode
}

export function CreateCard(props: CreateCardProps): ReactElement {
  const { title, says, verb, begin = {}, cannot } = props
  const [value, setValue] = useState<Body>(begin)
  const [begun, setBegun] = useState(false)
  const fields = props.fields(value)
  const lacks = lacking(fields, value)
  const body = (props.bodyOf ?? whole)(sentFields(fields, value) ?? {})
  const create = async (): Promise<void> => {
    if ((await props.create(body)) === undefined) return
    setValue(begin)
    setBegun(false)
  }
  return (
    <Card title={title}>
      {says === undefined ? null : <p className={classes['says']}>{says}</p>}
      <Fields
        fields={fields}
        value={value}
        change={(next) => {
          setValue(next)
          setBegun(true)
        }}
      />
      <Lacks of={begun ? lacks : []} />
      {props.error === null ? null : <ErrorView error={props.error} />}
      <div className={classes['end']}>
        <Button
          disabled={cannot !== undefined || lacks.length > 0}
          loading={props.creating}
          onClick={() => void create()}
        >
          {verb}
        </Button>
        {cannot === undefined ? null : <span className="fm-dim">{cannot}</span>}
      </div>
      {props.children}
      <div className={classes['twin']}>
        <CopyCommand
          command={props.command(withoutSecrets(body))}
          request={`${props.request} ${JSON.stringify(withoutSecrets(body))}`}
        />
      </div>
    </Card>
  )
}
