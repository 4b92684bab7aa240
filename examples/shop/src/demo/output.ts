/**
 * What the demo prints: a line for each thing that happened, and on a terminal one more that is
 * written over once a second. Colours only on a terminal, and not where NO_COLOR is set.
 */
import { styleText } from 'node:util'

type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold'

export interface Output {
  /** A part of the story begins. */
  heading(text: string): void
  /** Something happened. `mark` stands before it, coloured. */
  line(text: string, mark?: Mark): void
  /** A paragraph, dimmed, wrapped to the terminal and indented. */
  text(text: string, indent: number): void
  /** What is going on at the moment. Without a terminal nothing is printed. */
  status(text: string): void
  paint(colour: Colour, text: string): string
}

type Mark = 'done' | 'decided' | 'bad'

const MARKS = {
  done: ['✓', 'green'],
  decided: ['→', 'yellow'],
  bad: ['✗', 'red'],
} as const satisfies Record<Mark, readonly [string, Colour]>

/** Columns of text where there is no terminal. */
const WIDTH = 110

/** Prints to this stream. */
export function printTo(stream: NodeJS.WriteStream): Output {
  let showing = false
  const paint = (colour: Colour, text: string): string =>
    stream.isTTY ? styleText(colour, text, { stream, validateStream: true }) : text

  function clear(): void {
    if (showing) stream.write('\r\u001b[2K')
    showing = false
  }

  function print(text: string): void {
    clear()
    stream.write(`${text}\n`)
  }

  return {
    paint,
    heading: (text) => print(`\n${paint('bold', text)}`),
    line(text, mark) {
      if (mark === undefined) return print(`    ${text}`)
      const [sign, colour] = MARKS[mark]
      print(`  ${paint(colour, sign)} ${text}`)
    },
    text(text, indent) {
      for (const line of wrap(text, (stream.columns || WIDTH) - indent))
        print(' '.repeat(indent) + paint('dim', line))
    },
    status(text) {
      if (!stream.isTTY) return
      clear()
      stream.write(paint('dim', `    ${text}`.slice(0, (stream.columns || WIDTH) - 1)))
      showing = true
    },
  }
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}
