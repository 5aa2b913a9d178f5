import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import {
  ensureRedisServer,
  findRedisServer,
  startRedisServer,
  type RedisOptions,
  type RedisServer,
} from '../../scripts/redis-server.ts'

const folders: string[] = []
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
})

describe('a Redis of our own', () => {
  test('keeps the promise that the service asks for', async () => {
    const { client, server } = await start()
    const settings = await client.config('GET', 'append*', 'save', 'maxmemory*', 'dir')
    expect(pairs(settings)).toMatchObject({
      appendonly: 'yes',
      appendfsync: 'always',
      save: '',
      'maxmemory-policy': 'noeviction',
      maxmemory: '0',
      dir: server.dir,
    })
  })

  test('takes other settings', async () => {
    const { client } = await start({
      appendfsync: 'everysec',
      maxmemory: '64mb',
      extraArgs: ['--databases', '3'],
    })
    const settings = await client.config('GET', 'appendfsync', 'maxmemory', 'databases')
    const maxmemory = String(64 * 1024 * 1024)
    expect(pairs(settings)).toEqual({ appendfsync: 'everysec', maxmemory, databases: '3' })
  })

  test('has what was written before a kill -9, on the same port, under another pid', async () => {
    const { client, server } = await start()
    const { pid, port } = server
    await client.set('kept', 'yes')
    await server.kill9()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    await server.restart()
    expect(server.port).toBe(port)
    expect(server.pid).not.toBe(pid)
    expect(await client.get('kept')).toBe('yes')
  })

  test('answers nothing while frozen, and the waiting command after the thaw', async () => {
    const { client, server } = await start()
    server.freeze()
    onTestFinished(server.thaw)
    const impatient = new Redis(server.port, {
      commandTimeout: 50,
      retryStrategy: null,
      maxRetriesPerRequest: 0,
    })
    impatient.on('error', () => {})
    await expect(impatient.ping()).rejects.toThrow()
    impatient.disconnect()
    const waiting = client.ping()
    server.thaw()
    expect(await waiting).toBe('PONG')
  })

  test('stops also when frozen, and takes its folder with it', async () => {
    const server = await startRedisServer()
    server.freeze()
    await server.stop()
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
    expect(existsSync(server.dir)).toBe(false)
  })

  test('leaves a folder that it was given', async () => {
    const dir = await folder()
    const server = await startRedisServer({ dir })
    await server.stop()
    expect(existsSync(join(dir, 'appendonlydir'))).toBe(true)
  })

  test('shows its log when it does not start', async () => {
    await expect(startRedisServer({ extraArgs: ['--no-such-setting', 'x'] })).rejects.toThrow(
      /ended while starting.*no-such-setting/s,
    )
  })

  test('does not take a stranger on its port for itself', async () => {
    const { server } = await start()
    await expect(startRedisServer({ port: server.port })).rejects.toThrow(/ended while starting/)
  })

  test('does not wait for ever for a port that is taken by something else', async () => {
    const stranger = createServer((socket) => socket.end('+PONG\r\n'))
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void stranger.close())
    const address = stranger.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    await expect(startRedisServer({ port: address.port })).rejects.toThrow(/Address already in use/)
  })

  test('does not outlive the process that started it', async () => {
    const module = new URL('../../scripts/redis-server.ts', import.meta.url).href
    const script = `import { startRedisServer } from '${module}'
      console.log(JSON.stringify(await startRedisServer()))
      process.exit()`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    const { port, dir }: { port: number; dir: string } = JSON.parse(output)
    folders.push(dir)
    // Not by its pid: a dead process keeps that until its new parent looks.
    await expect.poll(() => freePort(port)).toBe(port)
  })
})

describe('finding and installing', () => {
  test('finds redis-server before valkey-server, and nothing on an empty PATH', async () => {
    const path = await folder()
    expect(findRedisServer(path)).toBeUndefined()
    await program(path, 'valkey-server', 'exit 0')
    expect(findRedisServer(path)).toBe(join(path, 'valkey-server'))
    await program(path, 'redis-server', 'exit 0')
    expect(findRedisServer(path)).toBe(join(path, 'redis-server'))
  })

  test('installs nothing when there is one', async () => {
    const said: string[] = []
    const path = await ensureRedisServer({ say: (line) => said.push(line) })
    expect([path, said]).toEqual([findRedisServer(), []])
  })

  test('updates, installs without starting a system Redis, and says so', async () => {
    const path = await packageFolder('apt-get', 'redis-server')
    const said: string[] = []
    const found = await ensureRedisServer({
      say: (line) => said.push(line),
      env: { PATH: path },
      isRoot: true,
    })
    expect(found).toBe(join(path, 'redis-server'))
    expect(await calls(path)).toEqual([
      'apt-get RUNLEVEL=1 -o DPkg::Lock::Timeout=120 update',
      'apt-get RUNLEVEL=1 -o DPkg::Lock::Timeout=120 install -y --no-install-recommends redis-server',
    ])
    expect(said.join('\n')).toContain('installing one with apt-get')
  })

  test('falls back to Valkey, and uses sudo when not root', async () => {
    const path = await packageFolder('dnf', 'valkey')
    await program(path, 'sudo', '[ "$1" = -n ] && shift; echo "sudo" >> "$LOG"; exec "$@"')
    const found = await ensureRedisServer({
      say: () => {},
      env: { PATH: path, LOG: log(path) },
      isRoot: false,
    })
    expect(found).toBe(join(path, 'valkey-server'))
    const [redis, valkey] = ['dnf RUNLEVEL=1 install -y redis', 'dnf RUNLEVEL=1 install -y valkey']
    expect(await calls(path)).toEqual(['sudo', redis, 'sudo', valkey])
  })

  test.each([
    ['no package manager', [], true, /no apt-get, apk, dnf or brew.*REDIS_URL/s],
    ['no sudo', ['apk'], false, /must run as root.*no sudo.*REDIS_URL/s],
    ['a package manager without the package', ['apk'], true, /REDIS_URL.*no such package: valkey/s],
  ])('says what to do next with %s', async (_name, managers, isRoot, message) => {
    const path = managers[0] ? await packageFolder(managers[0], 'another') : await folder()
    await expect(ensureRedisServer({ say: () => {}, env: { PATH: path }, isRoot })).rejects.toThrow(message)
  })
})

async function start(options: RedisOptions = {}): Promise<{ server: RedisServer; client: Redis }> {
  const server = await startRedisServer(options)
  const client = new Redis(server.url, { retryStrategy: () => 20, maxRetriesPerRequest: null })
  client.on('error', () => {})
  onTestFinished(async () => {
    client.disconnect()
    await server.stop()
  })
  return { server, client }
}

function pairs(list: unknown): Record<string, string> {
  const words = Array.isArray(list) ? list.map(String) : []
  return Object.fromEntries(words.flatMap((key, i) => (i % 2 === 0 ? [[key, words[i + 1] ?? '']] : [])))
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'deskbridge-test-'))
  folders.push(path)
  return path
}

async function program(path: string, name: string, body: string): Promise<void> {
  await writeFile(join(path, name), `#!/bin/sh\n${body}\n`)
  await chmod(join(path, name), 0o755)
}

const log = (path: string) => join(path, 'calls.log')
const calls = async (path: string) => (await readFile(log(path), 'utf8')).trimEnd().split('\n')

/** A PATH with a package manager that has one package, writes down its calls, and installs that package's server. */
async function packageFolder(manager: string, available: string): Promise<string> {
  const path = await folder()
  const server = join(path, available.endsWith('-server') ? available : `${available}-server`)
  const last = 'for last; do :; done'
  const install = `case "$last" in ${available}) echo > "${server}"; /bin/chmod 755 "${server}";; update) ;;`
  const otherwise = '*) echo "no such package: $last"; exit 1;; esac'
  const note = `echo "${manager} RUNLEVEL=$RUNLEVEL $*" >> "${log(path)}"`
  await program(path, manager, `${note}\n${last}\n${install} ${otherwise}`)
  // The real `env`, which also root's own calls go through.
  await program(path, 'env', 'exec /usr/bin/env "$@"')
  return path
}
