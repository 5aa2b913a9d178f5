import { styleText } from 'node:util'

/** Prints what happens in columns: time since the start, stage, what happened, details. Colours only on a terminal. */
export type Screen = {
  title(text: string): void
  /** Something the demo, the person or the agent does. */
  act(text: string): void
  stage(at: number, name: string, text: string, details: string): void
  check(holds: boolean, text: string): void
  plain(text: string): void
}

type Style = Parameters<typeof styleText>[0]

export function createScreen(startedAt: number, out: NodeJS.WriteStream = process.stdout): Screen {
  const paint = (style: Style, text: string) => styleText(style, text, { stream: out })
  const print = (line: string) => void out.write(`${line}\n`)
  const row = (at: number, name: string, style: Style, text: string) => {
    const time = `${Math.round(at - startedAt)} ms`.padStart(9)
    print(`${paint('gray', time)}  ${paint(style, name.padEnd(8))} ${text}`)
  }
  return {
    title: (text) => print(`\n${paint('bold', text)}`),
    act: (text) => row(Date.now(), '▶', 'yellow', text),
    stage: (at, name, text, details) =>
      row(at, name, 'cyan', `${text.padEnd(56)} ${paint('gray', details)}`.trimEnd()),
    check: (holds, text) => row(Date.now(), holds ? '✓' : '✗', holds ? 'green' : 'red', text),
    plain: print,
  }
}
