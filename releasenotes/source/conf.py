# How Sphinx builds the release notes alone; `make docs` builds them with all else.

extensions = ['openstackdocstheme', 'reno.sphinxext']

project = 'Marconi release notes'
copyright = 'OpenStack Foundation'
author = 'OpenStack'

openstackdocs_repo_name = 'openstack/marconi'
openstackdocs_auto_name = False
openstackdocs_auto_version = False
version = release = ''

html_theme = 'openstackdocs'
pygments_style = 'native'
