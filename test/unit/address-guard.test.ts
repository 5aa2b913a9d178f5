import { describe, expect, test } from 'vitest'
import { ipLiteral, isPublicAddress, publicLookup } from '../../src/helpdesk/address-guard.ts'
import { helpdeskHttp } from '../../src/helpdesk/http-client.ts'
import { webhookSettings } from '../../src/helpdesk/webhook/settings.ts'
import { useServer } from '../support/http-server.ts'
import { words } from '../support/words.ts'

const server = useServer()
const secret = `whsec_${Buffer.from('a secret of the desk, 24+').toString('base64')}`

describe('addresses', () => {
  test.each([
    '8.8.8.8',
    '1.1.1.1',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.0',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  test.each(
    words(`
    127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1
    169.254.1.1 169.254.169.254 100.64.0.1 100.100.100.200 192.0.0.192 198.18.0.1 192.0.2.1
    203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 fe80::1 fe80::1%eth0 fc00::1
    fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:7f00:1
    ::ffff:169.254.169.254 ::ffff:10.0.0.1 ::ffff:0:7f00:1 ::127.0.0.1 ::7f00:1 ::a9fe:a9fe
    64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1::
  `),
  )('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  test.each(['', 'localhost', 'desk.example', '1.2.3.4.5', '256.1.1.1', '127.0.0.1:80', '[::1]'])(
    '%j is none',
    (text) => {
      expect(isPublicAddress(text)).toBe(false)
    },
  )
})

/** Every way to write an address into a URL that reached a server of its own on loopback, or could in a cloud. */
const privateUrls = words(`
    127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 0.0.0.0 0
    127.0.0.1. 127。0。0。1 １２７.0.0.1 %31%32%37.0.0.1 10.1.2.3 192.168.0.1 169.254.169.254
    2852039166 0xa9fea9fe [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1]
    [0:0:0:0:0:ffff:7f00:0001] [::127.0.0.1] [fd00:ec2::254] [fe80::1]
    [64:ff9b::169.254.169.254]
  `).map((host) => `http://${host}:8080/events`)

describe('the settings of a webhook helpdesk', () => {
  const settings = (url: string, more = {}) =>
    webhookSettings.safeParse({ adapter: 'webhook', url, secret, ...more })

  test.each(privateUrls)('%s is refused', (url) => {
    expect(settings(url).error?.issues).toMatchObject([{ path: ['url'] }])
  })

  test.each(privateUrls)('%s is taken when private addresses are allowed', (url) => {
    expect(settings(url, { allowPrivateNetwork: true }).success).toBe(true)
  })

  test.each([
    'https://desk.example/events',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'http://localhost/',
  ])('%s is taken: a name is judged when it is looked up', (url) => {
    expect(settings(url).success).toBe(true)
  })

  test.each([
    'desk.example/events',
    '',
    'http://',
    'ftp://desk.example',
    'file:///etc/passwd',
    'javascript:alert(1)',
  ])('%j is refused, and nothing is thrown', (url) => {
    expect(settings(url).error?.issues).toMatchObject([{ path: ['url'] }])
  })
})

test('ipLiteral sees an address however it is written, and no name', () => {
  expect(ipLiteral('http://0x7f.1/')).toBe('127.0.0.1')
  expect(ipLiteral('http://[::ffff:127.0.0.1]:1/')).toBe('::ffff:7f00:1')
  expect(ipLiteral('https://desk.example')).toBeUndefined()
  expect(ipLiteral('no url')).toBeUndefined()
})

describe('a name that means a private address', () => {
  const url = () => server.url.replace('127.0.0.1', 'localhost')
  const post = async (allowPrivateNetwork: boolean) => {
    const http = helpdeskHttp({ allowPrivateNetwork })
    try {
      await http.post({ url: url(), headers: {}, body: '{}', signal: AbortSignal.timeout(10_000) })
    } finally {
      await http.close()
    }
  }

  test('is refused when we connect, and nothing arrives', async () => {
    await expect(post(false)).rejects.toMatchObject({
      name: 'StepError',
      facts: { code: 'ADDRESS_NOT_ALLOWED', verdict: 'retry', arrived: 'no', destinationDown: true },
    })
    expect(server.calls).toHaveLength(0)
  })

  test('is called when private addresses are allowed', async () => {
    await post(true)
    expect(server.calls).toHaveLength(1)
  })
})

describe('the look-up', () => {
  const look = (host: string, all: boolean) =>
    new Promise<unknown>((resolve, reject) => {
      publicLookup(host, { all }, (error, found) => (error ? reject(error) : resolve(found)))
    })

  test.each([true, false])('refuses localhost (all: %j)', async (all) => {
    await expect(look('localhost', all)).rejects.toMatchObject({ facts: { code: 'ADDRESS_NOT_ALLOWED' } })
  })

  test('lets a public address through, as one or as a list', async () => {
    // A literal needs no resolver, so that this test asks nobody.
    expect(await look('8.8.8.8', false)).toBe('8.8.8.8')
    expect(await look('8.8.8.8', true)).toEqual([{ address: '8.8.8.8', family: 4 }])
  })

  test('tells that a name does not exist', async () => {
    await expect(look('desk..invalid', true)).rejects.toMatchObject({ code: expect.stringMatching(/^E/) })
  })
})
