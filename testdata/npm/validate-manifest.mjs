// Holds a Teams manifest (stdin) against Microsoft's schema of its version and prints the faults as a JSON array. Runs
// in a folder with @microsoft/app-manifest, which brings the schemas along: what it has not got is a fault, so nothing is
// ever fetched.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { AppManifestUtils } = require("@microsoft/app-manifest");

async function faults(manifest) {
  const path = `json-schemas/teams/v${manifest.manifestVersion}/MicrosoftTeams.schema.json`;
  const address = `https://developer.microsoft.com/${path}`;
  if (!existsSync(join(dirname(require.resolve("@microsoft/app-manifest")), path))) {
    return [`there is no schema of version ${JSON.stringify(manifest.manifestVersion)}`];
  }
  if (manifest.$schema !== address) {
    return [`$schema is ${JSON.stringify(manifest.$schema)}, want ${address}`];
  }
  return AppManifestUtils.validateAgainstSchema(manifest);
}

console.log(JSON.stringify(await faults(JSON.parse(readFileSync(0, "utf8")))));
