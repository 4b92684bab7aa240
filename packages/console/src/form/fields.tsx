/** Draws the fields of a form from their description. */
import {
  Autocomplete,
  Button,
  Checkbox,
  Group,
  NumberInput,
  PasswordInput,
  SegmentedControl,
  Select,
  TextInput,
  Textarea,
} from '@mantine/core'
import { createContext, useContext } from 'react'
import type { ReactElement } from 'react'

import { fieldsOf, itemsOf, optionOf } from './field.ts'
import type { Field, Option, Suggested } from './field.ts'
import { HookField } from './hook-field.tsx'
import { JsonField } from './json-field.tsx'
import { UploadField } from './upload-field.tsx'

import classes from './form.module.css'

/** What lines may be filled with; a page knows. */
export type Suggestions = Readonly<Partial<Record<Suggested, readonly string[]>>>
export const SuggestionsContext = createContext<Suggestions>({})

interface FieldsProps {
  readonly fields: readonly Field[]
  readonly value: unknown
  readonly change: (value: Readonly<Record<string, unknown>>) => void
}

export function Fields({ fields, value, change }: FieldsProps): ReactElement {
  const has = fieldsOf(value)
  return (
    <div className={classes['grid']}>
      {fields.map((it) => (
        <FieldInput
          key={it.key}
          field={it}
          value={has[it.key]}
          change={(next) => change({ ...has, [it.key]: next })}
        />
      ))}
    </div>
  )
}

/** What every field is drawn from. */
export interface FieldProps<F extends Field = Field> {
  readonly field: F
  readonly value: unknown
  readonly change: (value: unknown) => void
}
type Of<K extends Field['kind']> = Extract<Field, { kind: K }>

function FieldInput({ field, value, change }: FieldProps): ReactElement {
  switch (field.kind) {
    case 'group':
      return (
        <fieldset className={classes['part']}>
          <legend>{field.label}</legend>
          {field.help === undefined ? null : <p className={classes['help']}>{field.help}</p>}
          <Fields fields={field.fields} value={value} change={change} />
        </fieldset>
      )
    case 'list':
      return <ListField field={field} value={value} change={change} />
    case 'either':
      return <EitherField field={field} value={value} change={change} />
    case 'upload':
      return <UploadField field={field} value={value} change={change} />
    case 'hook':
      return <HookField field={field} value={value} change={change} part={field.part} />
    case 'json':
      return <JsonField field={field} value={value} change={change} />
    case 'line':
      return <LineField field={field} value={value} change={change} />
    case 'check':
    case 'choice':
    case 'choices':
    case 'day':
    case 'instant':
    case 'lines':
    case 'number':
    case 'secret':
    case 'text':
      return <PlainField field={field} value={value} change={change} />
  }
}

/** Label, help and whether it must be given, as inputs take them. */
export function labelOf({ label, help, optional }: Field) {
  return { label, ...(help === undefined ? {} : { description: help }), required: optional !== true }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function LineField({ field, value, change }: FieldProps<Of<'line'>>): ReactElement {
  const suggestions = useContext(SuggestionsContext)
  const data = field.suggest === undefined ? [] : (suggestions[field.suggest] ?? [])
  const shared = { ...labelOf(field), withAsterisk: false, value: textOf(value) }
  return data.length === 0 ? (
    <TextInput {...shared} onChange={(event) => change(event.currentTarget.value)} />
  ) : (
    <Autocomplete {...shared} data={[...new Set(data)]} onChange={change} />
  )
}

/** A list longer than this is searched by typing. */
const SEARCHED = 12

type Plain = 'check' | 'choice' | 'choices' | 'day' | 'instant' | 'lines' | 'number' | 'secret' | 'text'

function PlainField({ field, value, change }: FieldProps<Of<Plain>>): ReactElement {
  const shared = { ...labelOf(field), withAsterisk: false }
  switch (field.kind) {
    case 'check':
      return (
        <Checkbox
          label={field.label}
          checked={value === true}
          onChange={(event) => change(event.currentTarget.checked)}
        />
      )
    case 'number':
      return (
        <NumberInput
          {...shared}
          hideControls
          value={typeof value === 'number' ? value : ''}
          onChange={(it) => change(typeof it === 'number' ? it : '')}
        />
      )
    case 'choice':
      return (
        <Select
          {...shared}
          data={[...field.of]}
          searchable={field.of.length > SEARCHED}
          value={textOf(value) || null}
          onChange={change}
        />
      )
    case 'choices':
      return <ChoicesField field={field} value={value} change={change} />
    case 'secret':
      return (
        <PasswordInput
          {...shared}
          autoComplete="new-password"
          value={textOf(value)}
          onChange={(event) => change(event.currentTarget.value)}
        />
      )
    case 'lines':
      return (
        <Textarea
          {...shared}
          className={classes['wide'] ?? ''}
          autosize
          minRows={2}
          placeholder="One on each line"
          value={itemsOf(value).join('\n')}
          onChange={(event) =>
            change(event.currentTarget.value === '' ? [] : event.currentTarget.value.split('\n'))
          }
        />
      )
    case 'day':
      return (
        <TextInput
          {...shared}
          type="date"
          value={textOf(value)}
          onChange={(event) => change(event.currentTarget.value)}
        />
      )
    case 'instant':
      return (
        <TextInput
          {...shared}
          type="datetime-local"
          value={localOf(value)}
          onChange={(event) => change(instantOf(event.currentTarget.value))}
        />
      )
    case 'text':
      return (
        <Textarea
          {...shared}
          className={classes['wide'] ?? ''}
          autosize
          minRows={2}
          value={textOf(value)}
          onChange={(event) => change(event.currentTarget.value)}
        />
      )
  }
}

function ChoicesField({ field, value, change }: FieldProps<Of<'choice' | 'choices'>>): ReactElement {
  const chosen = itemsOf(value).map(String)
  // What was chosen stays to be seen, also where it is not offered any more.
  const offered = [...new Set([...field.of, ...chosen])]
  return (
    <fieldset className={classes['part']}>
      <legend>{field.label}</legend>
      {field.help === undefined ? null : <p className={classes['help']}>{field.help}</p>}
      <Group gap="md">
        {offered.map((it) => (
          <Checkbox
            key={it}
            label={it}
            checked={chosen.includes(it)}
            onChange={(event) =>
              change(
                // In the order in which they are offered.
                offered.filter((one) => (one === it ? event.currentTarget.checked : chosen.includes(one))),
              )
            }
          />
        ))}
      </Group>
    </fieldset>
  )
}

/** RFC 3339 → what the browser's field shows, in the reader's own zone. */
function localOf(value: unknown): string {
  const at = new Date(textOf(value))
  if (Number.isNaN(at.getTime())) return ''
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** What the browser's field holds → RFC 3339; empty for nothing. */
export function instantOf(local: string): string {
  const at = new Date(local)
  return Number.isNaN(at.getTime()) ? '' : at.toISOString()
}

function ListField({ field, value, change }: FieldProps<Of<'list'>>): ReactElement {
  const items = itemsOf(value)
  const { item } = field
  const empty = item.kind === 'either' ? beginOf(item.options[0]) : {}
  return (
    <fieldset className={classes['part']}>
      <legend>{field.label}</legend>
      {field.help === undefined ? null : <p className={classes['help']}>{field.help}</p>}
      {items.map((it, index) => (
        <div
          // Items have no names of their own, and are only added at the end.
          key={index}
          className={classes['item']}
        >
          <FieldInput
            field={{ ...item, label: `${item.label} ${index + 1}` }}
            value={it}
            change={(next) => change(items.with(index, next))}
          />
          <Button
            variant="default"
            size="compact-xs"
            aria-label={`Remove ${item.label} ${index + 1}`}
            onClick={() => change(items.toSpliced(index, 1))}
          >
            Remove
          </Button>
        </div>
      ))}
      <Button variant="default" size="compact-xs" onClick={() => change([...items, empty])}>
        {field.add}
      </Button>
    </fieldset>
  )
}

const beginOf = (option: Option | undefined): unknown => option?.begin ?? {}

function EitherField({ field, value, change }: FieldProps<Of<'either'>>): ReactElement {
  const chosen = optionOf(field.options, value)
  const labels = field.options.map((it) => it.label)
  // Side by side only where a phone has the room.
  const wide = labels.join('').length > 36
  const shared = { 'aria-label': field.label, className: classes['choice'] ?? '', data: labels }
  const choose = (label: string): void => change(beginOf(field.options.find((it) => it.label === label)))
  return (
    <fieldset className={classes['part']}>
      <legend>{field.label}</legend>
      {field.help === undefined ? null : <p className={classes['help']}>{field.help}</p>}
      {wide ? (
        <Select
          {...shared}
          placeholder="Choose"
          value={chosen?.label ?? null}
          onChange={(label) => choose(label ?? '')}
        />
      ) : (
        <SegmentedControl {...shared} size="xs" value={chosen?.label ?? ''} onChange={choose} />
      )}
      {chosen === undefined || chosen.fields.length === 0 ? null : (
        <Fields fields={chosen.fields} value={value} change={change} />
      )}
    </fieldset>
  )
}
