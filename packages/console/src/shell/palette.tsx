/** The palette: type a few letters, go there. And the sheet of keys. */
import { Modal, Table, TextInput, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import { useId, useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'

import { find } from './find.ts'
import { useEntries } from './palette-entries.ts'
import type { Entry } from './palette-entries.ts'
import { useProject } from './project.ts'

import classes from './palette.module.css'

/** More than these nobody reads: another letter is faster. */
const MOST_SHOWN = 12

interface PaletteProps {
  readonly close: () => void
  readonly showKeys: () => void
}

export function Palette({ close, showKeys }: PaletteProps): ReactElement {
  const id = useId()
  const go = useGo(close, showKeys)
  const [search, setSearch] = useState('')
  const [at, setAt] = useState(0)
  const found = find(useEntries(useProject()), search).slice(0, MOST_SHOWN)
  const here = Math.min(at, found.length - 1)
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const chosen = found[here]
    if (step === undefined && event.key !== 'Enter') return
    event.preventDefault()
    if (step !== undefined) setAt((here + step + found.length) % Math.max(1, found.length))
    else if (chosen !== undefined) go(chosen)
  }
  return (
    <Modal opened onClose={close} title="Go to" size="lg" returnFocus>
      <TextInput
        data-autofocus
        role="combobox"
        aria-label="Page, feature or flag"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={here < 0 ? undefined : `${id}-${here}`}
        placeholder="Page, feature or flag"
        value={search}
        onChange={(event) => {
          setSearch(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div id={id} role="listbox" aria-label="Found" className={classes['list']}>
        {found.map((it, index) => (
          <div
            key={it.to}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === here}
            className={classes['option']}
            onClick={() => go(it)}
            onKeyDown={onKeyDown}
          >
            <span>{it.title}</span>
            <span className={classes['group']}>{it.group}</span>
          </div>
        ))}
      </div>
      <p role="status" className={classes['nothing']}>
        {found.length === 0 ? 'Nothing is called so.' : ''}
      </p>
    </Modal>
  )
}

function useGo(close: () => void, showKeys: () => void): (entry: Entry) => void {
  const router = useRouter()
  const { setColorScheme } = useMantineColorScheme()
  const dark = useComputedColorScheme('light') === 'dark'
  return ({ to, outside }) => {
    close()
    if (to === 'act:theme') setColorScheme(dark ? 'light' : 'dark')
    else if (to === 'act:keys') showKeys()
    else if (outside === true) window.location.assign(to)
    else router.history.push(to)
  }
}

const KEYS = [
  ['Ctrl K, ⌘ K', 'Go to a page, a feature or a flag'],
  ['g h', 'Home'],
  ['g n', 'Now'],
  ['g f', 'Features'],
  ['g r', 'Rollouts'],
  ['?', 'This sheet'],
  ['Esc', 'Close what is open'],
] as const

export function Keys({ close }: { readonly close: () => void }): ReactElement {
  return (
    <Modal opened onClose={close} title="Keyboard shortcuts">
      <Table>
        <Table.Tbody>
          {KEYS.map(([key, words]) => (
            <Table.Tr key={key}>
              <Table.Th scope="row">
                <kbd>{key}</kbd>
              </Table.Th>
              <Table.Td>{words}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
