//! `signpost.toml`: its values become the defaults of the options, so that flag goes before environment, environment before file.

use clap::Command;
use clap::error::ErrorKind;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("read {0}: {1}")]
    Read(PathBuf, #[source] std::io::Error),
    /// The file is not TOML.
    #[error("{0} is not TOML: {1}")]
    Syntax(PathBuf, #[source] Box<toml::de::Error>),
    /// The file names something that is no option.
    #[error("{path}: there is no option `{key}`; options are {known}")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What it names.
        key: String,
        /// What it may name.
        known: String,
    },
    /// An option has a value of a type that no option has.
    #[error("{0}: `{1}` must be text, a number, true or false, a list of them, or a table of text")]
    Type(PathBuf, String),
}

/// Puts the values of the file that `--config` (or its variable) names behind the options of every subcommand. Without a file the
/// command comes back as it was; wrong flags are left for the real reading of them to report.
pub fn with_file(command: Command, arguments: &[OsString]) -> Result<Command, ConfigError> {
    let looked = command.clone().ignore_errors(true).try_get_matches_from(arguments);
    let path = match &looked {
        Ok(matches) => matches.get_one::<PathBuf>("config").cloned(),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => None,
        Err(_) => None,
    };
    let Some(path) = path else { return Ok(command) };
    let text = std::fs::read_to_string(&path).map_err(|error| ConfigError::Read(path.clone(), error))?;
    with_text(command, &path, &text)
}

fn with_text(command: Command, path: &Path, text: &str) -> Result<Command, ConfigError> {
    let table: toml::Table = toml::from_str(text).map_err(|error| ConfigError::Syntax(path.into(), Box::new(error)))?;
    let known: BTreeSet<String> = command
        .get_subcommands()
        .flat_map(|subcommand| subcommand.get_arguments())
        .filter(|argument| argument.get_env().is_some())
        .map(|argument| argument.get_id().to_string())
        .collect();
    let mut defaults = BTreeMap::new();
    for (key, value) in &table {
        if !known.contains(key) {
            let known = known.iter().cloned().collect::<Vec<_>>().join(", ");
            return Err(ConfigError::Unknown { path: path.into(), key: key.clone(), known });
        }
        let values = texts(value).ok_or_else(|| ConfigError::Type(path.into(), key.clone()))?;
        defaults.insert(key.clone(), values);
    }
    Ok(command.mut_subcommands(|subcommand| {
        subcommand.mut_args(|argument| match defaults.get(argument.get_id().as_str()) {
            Some(values) => argument.default_values(values),
            None => argument,
        })
    }))
}

/// A value as the texts that would stand on the command line; a table as `key=value` each.
fn texts(value: &toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::Array(values) => values.iter().map(scalar).collect(),
        toml::Value::Table(table) => {
            table.iter().map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect()
        }
        other => scalar(other).map(|text| vec![text]),
    }
}

fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(choice) => Some(choice.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command as Subcommand};
    use crate::config::Config;
    use clap::{CommandFactory, FromArgMatches};

    fn read(file: &str, flags: &[&str]) -> Result<Config, String> {
        let command = with_text(Cli::command(), Path::new("signpost.toml"), file).map_err(|error| error.to_string())?;
        parse(command, flags)
    }

    fn parse(command: Command, flags: &[&str]) -> Result<Config, String> {
        let matches = command.try_get_matches_from(["signpost", "serve"].iter().chain(flags));
        let cli = matches
            .and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches))
            .map_err(|error| error.to_string())?;
        match cli.command {
            Subcommand::Serve(config) => Ok(*config),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_file_goes_before_the_default_and_a_flag_before_the_file() {
        assert_eq!(read("", &[]).unwrap().address_rate, 50);
        assert_eq!(read("address_rate = 7", &[]).unwrap().address_rate, 7);
        assert_eq!(read("address_rate = 7", &["--address-rate", "9"]).unwrap().address_rate, 9);
    }

    #[test]
    fn the_environment_goes_before_the_file_and_a_flag_before_the_environment() {
        // A variable that cargo sets for every test stands for SIGNPOST_CONTENT.
        let environment = std::env::var("CARGO_PKG_NAME").unwrap();
        let command = || {
            let command = Cli::command()
                .mut_subcommand("serve", |serve| serve.mut_arg("content", |content| content.env("CARGO_PKG_NAME")));
            with_text(command, Path::new("signpost.toml"), "content = \"of-the-file\"").unwrap()
        };
        assert_eq!(parse(command(), &[]).unwrap().folders.content, Path::new(&environment));
        assert_eq!(parse(command(), &["--content", "of-the-flag"]).unwrap().folders.content, Path::new("of-the-flag"));
    }

    #[test]
    fn lists_tables_numbers_and_choices_are_read() {
        let config = read(
            "listen = \"127.0.0.1:0\"\npoll = true\nrequest_timeout = 2.5\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n\
             [hosts]\n\"help.example.com\" = \"acme\"\n[keys]\n\"2026-a\" = \"env:SECRET\"\n",
            &[],
        )
        .unwrap();
        assert!(config.poll);
        assert_eq!(config.request_timeout.as_millis(), 2500);
        assert_eq!(config.trusted_proxies.len(), 2);
        assert_eq!((config.hosts[0].host.as_str(), config.hosts[0].portal.as_str()), ("help.example.com", "acme"));
        assert_eq!(config.keys[0].id, "2026-a");
    }

    #[test]
    fn an_empty_list_is_no_value() {
        assert!(read("cors_origins = []", &[]).unwrap().cors_origins.is_empty());
    }

    #[test]
    fn faults_of_the_file_are_named() {
        assert!(read("lisen = \"127.0.0.1:80\"", &[]).unwrap_err().contains("no option `lisen`"));
        assert!(read("listen = ", &[]).unwrap_err().contains("signpost.toml is not TOML"));
        assert!(read("listen = 1979-05-27", &[]).unwrap_err().contains("`listen` must be text"));
        assert!(read("listen = \"nowhere\"", &[]).unwrap_err().contains("nowhere"));
    }
}
