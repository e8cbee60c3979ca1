import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.mjs";

// quadmath exists on x86 alone: libgfortran needs it there.
const PACKAGES = ["libfaiss-dev", "libopenblas0-openmp", "libgfortran5"].concat(
  process.arch === "x64" ? ["libquadmath0"] : [],
);
const TIMEOUT_MS = 5 * 60_000;

// The machine's own hooks would touch the machine's own lists and caches; the sandbox user could not enter the folder.
const CONFIG = `#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear Acquire::Languages;
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";
Acquire::Retries "1";
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
APT::Sandbox::User "root";
`;

/**
 * Fetches FAISS and OpenBLAS from the machine's own package sources, signatures checked, and unpacks them under
 * `folder`/root. Neither needs root nor changes anything outside `folder`.
 * @param {string} modules the project's node_modules, for the log
 * @param {string} folder an empty folder
 * @returns {string} "" on success, else why it failed
 */
export function fetchPackages(modules, folder) {
  const debs = join(folder, "debs");
  for (const part of ["lists/partial", "cache/archives/partial", "debs", "root"]) {
    mkdirSync(join(folder, part), { recursive: true });
  }
  const config = join(folder, "apt.conf");
  writeFileSync(config, CONFIG);
  const apt = ["apt-get", "-qq", "-c", config];
  apt.push("-o", `Dir::State::Lists=${join(folder, "lists")}`, "-o", `Dir::Cache=${join(folder, "cache")}`);
  const options = { cwd: debs, timeoutMs: TIMEOUT_MS };
  // A source of someone else's that fails does not matter: the download tells whether Debian's were reached.
  const update = run(modules, [...apt, "update"], options);
  if (update.endsWith("is not installed")) return update;
  const failure = run(modules, [...apt, "download", ...PACKAGES], options);
  if (failure !== "") return `${PACKAGES.join(", ")} could not be fetched: ${update || failure}`;
  for (const deb of readdirSync(debs)) {
    const unpacking = run(modules, ["dpkg-deb", "-x", deb, join(folder, "root")], options);
    if (unpacking !== "") return unpacking;
  }
  return "";
}
