//! Exports, imports and their locks.

use crate::common::{Server, Stacks as _};

const EXPORTING: &str = "Resources:\n  G: {Type: AWS::IAM::Group}\nOutputs:\n  O: {Value: shared, Export: {Name: name}}\n";
const IMPORTING: &str =
    "Resources:\n  G: {Type: AWS::IAM::Group, Properties: {GroupName: !ImportValue name}}\n";

#[test]
fn an_export_is_imported_and_cannot_go_while_it_is() {
    let server = Server::start();
    let root = server.root();
    root.create("one", EXPORTING, &[]).ok();
    root.create("two", IMPORTING, &[]).ok();
    assert_eq!(root.status("two"), "CREATE_COMPLETE");
    let groups = root.iam("ListGroups", &[]).ok().elements("GroupName");
    assert!(groups.contains(&"shared".to_owned()), "{groups:?}");
    let exports = root.cfn("ListExports", &[]).ok();
    assert_eq!(
        (exports.element("Name"), exports.element("Value")),
        ("name".into(), "shared".into())
    );
    let imports = root.cfn("ListImports", &[("ExportName", "name")]).ok();
    assert_eq!(imports.elements("member"), ["two"]);
    assert_eq!(
        root.delete("one", &[]).error(),
        "400 ValidationError: Export name cannot be deleted as it is in use by two"
    );
    root.delete("two", &[]).ok();
    root.delete("one", &[]).ok();
    assert!(root.cfn("ListExports", &[]).ok().elements("member").is_empty());
}

#[test]
fn a_name_is_exported_once() {
    let server = Server::start();
    let root = server.root();
    root.create("one", EXPORTING, &[]).ok();
    root.create("two", EXPORTING, &[]).ok();
    let events = root.events("two");
    let reason = "two ROLLBACK_IN_PROGRESS Export with name name is already exported by stack one. Rollback requested by user.";
    assert!(events.contains(reason), "{events}");
    assert_eq!(root.status("two"), "ROLLBACK_COMPLETE");
}

#[test]
fn what_nobody_exports_fails_the_stack() {
    let server = Server::start();
    let root = server.root();
    root.create("two", IMPORTING, &[]).ok();
    assert_eq!(
        root.events("two"),
        "two CREATE_IN_PROGRESS User Initiated\n\
         two ROLLBACK_IN_PROGRESS No export named name found. Rollback requested by user.\n\
         two ROLLBACK_COMPLETE"
    );
    assert_eq!(
        root.cfn("ListImports", &[("ExportName", "name")]).error(),
        "400 ValidationError: Export 'name' is not imported by any stack."
    );
}
