/** What is served: one variant, or a split in percent. A changed percent moves the fewest users. */
import { percentsOf } from '@flagmarshal/domain/flag/words'
import { NumberInput, Select, TextInput } from '@mantine/core'
import type { ReactElement } from 'react'

import { newAllocation, withPercent } from './config-draft.ts'
import type { PlainServe } from './config-draft.ts'

import classes from './flag.module.css'

const SPLIT = 'a split in percent'

interface ServeEditorProps {
  readonly label: string
  readonly variants: readonly string[]
  readonly serve: PlainServe
  readonly change: (serve: PlainServe) => void
}

export function ServeEditor({ label, variants, serve, change }: ServeEditorProps): ReactElement {
  const choose = (it: string | null): void => {
    if (it === SPLIT)
      change({ allocation: newAllocation('variant' in serve ? serve.variant : (variants[0] ?? '')) })
    else if (it !== null) change({ variant: it })
  }
  return (
    <div className={classes['serve']}>
      <Select
        label="Serve"
        size="xs"
        aria-label={`Serve of ${label}`}
        allowDeselect={false}
        data={[...variants, SPLIT]}
        value={'variant' in serve ? serve.variant : SPLIT}
        onChange={choose}
      />
      {'allocation' in serve ? (
        <Split label={label} variants={variants} allocation={serve.allocation} change={change} />
      ) : null}
    </div>
  )
}

type Split = Extract<PlainServe, { allocation: unknown }>

function Split({
  label,
  variants,
  allocation,
  change,
}: Omit<ServeEditorProps, 'serve'> & Split): ReactElement {
  const percents = percentsOf(allocation)
  const sum = [...percents.values()].reduce((all, it) => all + it, 0)
  return (
    <>
      {variants.map((variant) => (
        <NumberInput
          key={variant}
          label={`% ${variant}`}
          aria-label={`Percent ${variant} of ${label}`}
          size="xs"
          w={92}
          min={0}
          max={100}
          step={1}
          decimalScale={3}
          value={percents.get(variant) ?? 0}
          onChange={(it) => change({ allocation: withPercent(allocation, variant, Number(it) || 0) })}
        />
      ))}
      <TextInput
        label="by"
        aria-label={`Attribute that ${label} splits by`}
        size="xs"
        w={130}
        value={allocation.by}
        onChange={(event) => change({ allocation: { ...allocation, by: event.currentTarget.value } })}
      />
      <span className="fm-dim">
        {sum >= 100 ? 'everybody who matches' : `${Number((100 - sum).toFixed(3))} % go on to the next rule`}
      </span>
    </>
  )
}
