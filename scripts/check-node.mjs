// Plain JavaScript on purpose: an older Node can't read TypeScript, so it could not say this kindly from a .ts file.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(
    `deskbridge needs Node 24 or newer, and this is Node ${process.versions.node}. ` +
      'Run `npm ci` and then `npm run demo`: the project brings its own Node 24 in node_modules/.bin.',
  )
  process.exit(1)
}
