/** A command as a client wrote it: its words, and its bytes to be written on. */
export interface Command {
  words: string[]
  bytes: Buffer
}

/** Cuts the bytes of a Redis client into commands. Clients write nothing but arrays of bulk strings. */
export function commandReader(): (chunk: Buffer) => Command[] {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const commands: Command[] = []
    for (let command = readOne(rest); command; command = readOne(rest)) {
      commands.push(command)
      rest = rest.subarray(command.bytes.length)
    }
    return commands
  }
}

/** Undefined while its end is still to come. */
function readOne(bytes: Buffer): Command | undefined {
  const count = readLine(bytes, 0, '*')
  if (!count) return undefined
  const words: string[] = []
  let at = count.next
  for (let left = count.value; left > 0; left--) {
    const length = readLine(bytes, at, '$')
    if (!length) return undefined
    const end = length.next + length.value
    if (bytes.length < end + 2) return undefined
    words.push(bytes.toString('utf8', length.next, end))
    at = end + 2
  }
  return { words, bytes: bytes.subarray(0, at) }
}

function readLine(bytes: Buffer, at: number, mark: '*' | '$'): { value: number; next: number } | undefined {
  const end = bytes.indexOf('\r\n', at)
  if (end === -1) return undefined
  const line = bytes.toString('latin1', at, end)
  if (line[0] !== mark) throw new Error(`a Redis client wrote "${line.slice(0, 20)}", not ${mark}`)
  return { value: Number(line.slice(1)), next: end + 2 }
}
